-- depends: 0002_pre_tutorials
-- One row, bumped by everything that changes what config answers; every worker polls it.
-- A row and not a sequence: the row's lock makes the numbers visible in commit order.
create table content_version (
  id boolean primary key default true check (id),
  version bigint not null default 1
);

insert into content_version default values;

create function bump_content_version() returns trigger
language plpgsql
as $$
begin
  update content_version set version = version + 1;
  return null;
end
$$;

create trigger tutorials_bump_content_version
  after insert or update or delete or truncate on tutorials
  for each statement execute function bump_content_version();

create trigger tutorial_versions_bump_content_version
  after insert or update or delete or truncate on tutorial_versions
  for each statement execute function bump_content_version();

create trigger tutorial_experiments_bump_content_version
  after insert or update or delete or truncate on tutorial_experiments
  for each statement execute function bump_content_version();

create trigger tutorial_variants_bump_content_version
  after insert or update or delete or truncate on tutorial_variants
  for each statement execute function bump_content_version();

create trigger user_personas_bump_content_version
  after insert or update or delete or truncate on user_personas
  for each statement execute function bump_content_version();
