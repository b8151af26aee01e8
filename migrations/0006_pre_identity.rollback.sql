drop function user_ids_of(uuid);
drop function person_of(uuid);
drop table identity_links;
