-- depends: 0006_pre_identity
-- Answers to single questions of a survey; the answer as a whole is in tutorial_surveys,
-- and takes them along when it is erased.
create table survey_answers (
  user_id uuid not null,
  submission_id uuid not null,
  question_id text not null,
  score int,
  options text[],
  text_encrypted text,
  primary key (user_id, submission_id, question_id),
  foreign key (user_id, submission_id)
    references tutorial_surveys (user_id, submission_id) on delete cascade
);

-- Waits until nobody else decides something about the person, until the end of the
-- transaction, and returns the account.  The user id itself comes first: whoever links it
-- to an account locks it too, so that the link cannot come in between.  The link is read
-- after the first wait, because each statement of this function sees what was committed
-- before it.
create function lock_person(id uuid) returns uuid
language plpgsql volatile
as $$
declare
  person uuid;
begin
  perform pg_advisory_xact_lock(hashtextextended('kazi-tutorial person ' || id, 0));
  person := person_of(id);
  if person <> id then
    perform pg_advisory_xact_lock(hashtextextended('kazi-tutorial person ' || person, 0));
  end if;
  return person;
end
$$;
