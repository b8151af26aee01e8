"""From days in the database to personas: what people did says who they are."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import adjusted_rand_score

from sync_server.activity.counting import UsageCounting
from sync_server.db.pool import connect
from sync_server.personas.naming import NAMES
from tests.support.populations import population
from tests.support.usage import fill_days
from tests.sync_server.personas.filled import refit, rows_of, user_ids


def test_a_refit_from_days_finds_who_the_users_are(database_url):
    rng = np.random.default_rng(6)
    users = population(3_000, rng)
    days = fill_days(database_url, users, rng)

    outcome = refit(database_url).run()

    assert outcome.is_served
    assert outcome.users == 3_000
    found = rows_of(database_url)
    named = [found[user_id][0] for user_id in user_ids(users)]
    truth = [NAMES[code] for code in users.truth]
    assert adjusted_rand_score(truth, named) >= 0.95
    assert np.mean([a == b for a, b in zip(truth, named, strict=True)]) >= 0.98
    with connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM user_days").fetchone() == (
            days,
        )
        assert UsageCounting().stale_users(connection) == 0
        different = connection.execute(
            "SELECT count(*) FROM get_persona_training_dataset() AS d"
            " WHERE d.features IS DISTINCT FROM persona_features_of(d.user_id)"
        )
        assert different.fetchone() == (0,)
