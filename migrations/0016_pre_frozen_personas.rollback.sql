drop function person_seen_by(uuid, text[]);
create function person_seen_by(id uuid, experiment_ids text[]) returns table (
  persona text, confidence numeric, source text, first_anonymous_id uuid, own jsonb,
  shared jsonb
)
language plpgsql stable parallel safe
as $$
declare
  account uuid := person_of(id);
  ids uuid[] := array(select user_ids_of(id));
begin
  select p.persona, p.confidence, p.source into persona, confidence, source
  from persona_of(id) as p;
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
