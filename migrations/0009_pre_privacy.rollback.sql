drop table audit_log;
drop table erasures;
drop function begin_erasure(uuid);
drop function erased_at_of(uuid);
drop function user_hash_of(uuid);
drop table erased_users;
