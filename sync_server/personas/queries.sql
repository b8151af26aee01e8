-- name: persona(user_id)^
SELECT persona
FROM user_personas
WHERE user_id = :user_id;
