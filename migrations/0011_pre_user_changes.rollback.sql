alter table tutorial_experiments
  drop column coverage,
  drop column epoch,
  drop column salt,
  drop column algorithm;
drop table user_activity;
drop function person_seen_by(uuid, text[]);
drop function persona_of(uuid);
create trigger user_personas_bump_content_version
  after insert or update or delete or truncate on user_personas
  for each statement execute function bump_content_version();
drop trigger identity_links_note_truncate on identity_links;
drop trigger identity_links_note_delete on identity_links;
drop trigger identity_links_note_update on identity_links;
drop trigger identity_links_note_insert on identity_links;
drop trigger user_personas_note_truncate on user_personas;
drop trigger user_personas_note_delete on user_personas;
drop trigger user_personas_note_update on user_personas;
drop trigger user_personas_note_insert on user_personas;
drop function note_everybody();
drop function note_old_links();
drop function note_changed_links();
drop function note_new_links();
drop function note_old_personas();
drop function note_changed_personas();
drop function note_new_personas();
drop function note_changed_rows(uuid[]);
drop function note_user_change(uuid);
drop function note_user_changes(uuid[]);
drop table user_changes;
