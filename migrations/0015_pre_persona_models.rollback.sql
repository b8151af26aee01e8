drop function person_seen_by(uuid, text[]);
alter table tutorial_assignments drop column persona;
drop function persona_of(uuid);
drop function serve_previous_personas();
drop function serve_next_personas();
drop function place_personas();
drop function rename_personas(text, text);
drop table user_personas_previous;
drop table user_personas_next;
drop table persona_hold;
drop table persona_models;
alter table user_personas
  drop column model_version,
  drop column source;

-- The persona of the person behind a user id: the account's, else the id's own, else the
-- newest of the person's other ids.  No row where nothing is known.
-- Here and below PL/pgSQL, because it keeps its plans: planning takes five times as long
-- as the look-up, and statements prepared by a client do not live behind a pooler.
create function persona_of(id uuid) returns table (persona text, confidence numeric)
language plpgsql stable parallel safe
as $$
declare
  account uuid := person_of(id);
begin
  return query
  select p.persona, p.confidence
  from user_ids_of(id) as same (user_id)
  join user_personas as p on p.user_id = same.user_id
  where p.persona <> ''
  order by p.user_id = account desc, p.user_id = id desc, p.updated_at desc nulls last
  limit 1;
end
$$;

-- All that is known of the person behind a user id: persona, the anonymous user that was
-- linked first, the id's own variants of these experiments, and those of the person: the
-- account's, else what any of its ids got first.
create function person_seen_by(id uuid, experiment_ids text[]) returns table (
  persona text, confidence numeric, first_anonymous_id uuid, own jsonb, shared jsonb
)
language plpgsql stable parallel safe
as $$
declare
  account uuid := person_of(id);
  ids uuid[] := array(select user_ids_of(id));
begin
  select p.persona, p.confidence into persona, confidence from persona_of(id) as p;
  select jsonb_object_agg(a.experiment_id, a.variant_id) into own
  from tutorial_assignments as a
  where a.user_id = id
    and a.experiment_id = any (experiment_ids)
    and a.variant_id is not null;
  if cardinality(ids) > 1 then
    select l.anonymous_id into first_anonymous_id
    from identity_links as l
    where l.user_id = account
    order by l.linked_at, l.anonymous_id
    limit 1;
    select jsonb_object_agg(earliest.experiment_id, earliest.variant_id) into shared
    from (
      select distinct on (a.experiment_id) a.experiment_id, a.variant_id
      from tutorial_assignments as a
      where a.user_id = any (ids)
        and a.experiment_id = any (experiment_ids)
        and a.variant_id is not null
      order by
        a.experiment_id, a.user_id = account desc, a.assigned_at, a.user_id
    ) as earliest;
  end if;
  return next;
end
$$;
