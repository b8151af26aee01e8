drop function lock_person(uuid);
drop table survey_answers;
