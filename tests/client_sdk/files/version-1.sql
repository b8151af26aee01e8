BEGIN TRANSACTION;
CREATE TABLE completed_steps (
    run_id BLOB NOT NULL,
    step_id TEXT NOT NULL,
    PRIMARY KEY (run_id, step_id)
) WITHOUT ROWID;
INSERT INTO "completed_steps" VALUES(X'01A0C4506C007AD4949C0075844652D8','intro');
CREATE TABLE config_cache (
    user_id TEXT NOT NULL,
    device TEXT NOT NULL,
    key TEXT NOT NULL,
    tutorial_id TEXT NOT NULL,
    etag TEXT NOT NULL,
    body TEXT NOT NULL,
    fresh_until_ms INTEGER NOT NULL,
    used_ms INTEGER NOT NULL,
    is_current INTEGER NOT NULL,
    PRIMARY KEY (user_id, device, key)
) WITHOUT ROWID;
INSERT INTO "config_cache" VALUES('c4cb884e-9254-8e4e-a1b1-35ffd08b0552','desktop','tutorialCfg:welcome-tour:"v1_control-1"','welcome-tour','"v1_control-1"','{"tutorialId": "welcome-tour", "version": 1, "persona": "newbie", "variant": "v1_control", "steps": [{"id": "intro", "title": "Intro", "body": "", "cta": "Next", "placement": "auto", "xp": 10}, {"id": "dashboard", "title": "Dashboard", "body": "", "cta": "Next", "placement": "auto", "xp": 10}, {"id": "team", "title": "Team", "body": "", "cta": "Next", "placement": "auto", "xp": 10}], "expires": "2026-11-25T15:24:45.304Z", "survey": {"question": "How likely?", "lowLabel": "Not likely", "highLabel": "Very likely", "commentLabel": "What is the main reason for your score?", "thanks": "Thank you for your answer."}, "xp": 0}',1790000900000,1790000000000,1);
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
);
INSERT INTO "counters" VALUES('last_seq',3);
INSERT INTO "counters" VALUES('last_sync_ms',1790000000000);
INSERT INTO "counters" VALUES('sent',2);
INSERT INTO "counters" VALUES('set_aside',1);
CREATE TABLE device (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    device_id BLOB NOT NULL,
    secret TEXT NOT NULL,
    account_id TEXT
);
INSERT INTO "device" VALUES(1,X'FB7D39B2380F4E3DB2191DEF9588C84E','w7Sv_pGxKWx2ZiI2aEwEfMH1NomR7M6Sy2WAWfljmZU',NULL);
CREATE TABLE pings (
    seq INTEGER PRIMARY KEY,
    event_id BLOB NOT NULL,
    user_id TEXT NOT NULL,
    tutorial_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    status TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    occurred_ms INTEGER NOT NULL,
    variant TEXT,
    persona TEXT,
    run_id BLOB,
    tutorial_version INTEGER,
    checksum INTEGER NOT NULL
);
INSERT INTO "pings" VALUES(4,X'01A0C4506C007142AABB203A595F1CB8','c4cb884e-9254-8e4e-a1b1-35ffd08b0552','welcome-tour','intro','started',0,1790000000000,'v1_control','newbie',X'01A0C4506C007AD4949C0075844652D8',1,4005836779);
INSERT INTO "pings" VALUES(5,X'01A0C45077B872D283F4D1C3A2A41870','c4cb884e-9254-8e4e-a1b1-35ffd08b0552','welcome-tour','intro','completed',3000,1790000003000,'v1_control','newbie',X'01A0C4506C007AD4949C0075844652D8',1,3596141474);
INSERT INTO "pings" VALUES(6,X'01A0C45077B87772A5CF0565F2343955','c4cb884e-9254-8e4e-a1b1-35ffd08b0552','welcome-tour','dashboard','started',0,1790000003000,'v1_control','newbie',X'01A0C4506C007AD4949C0075844652D8',1,3030867471);
INSERT INTO "pings" VALUES(7,X'01A0C45077B87ECBA810B89634111DB1','c4cb884e-9254-8e4e-a1b1-35ffd08b0552','welcome-tour','own','completed',1500,1790000003000,'v1_control','newbie',X'01A0C4506C007AD4949C0075844652D8',1,1883127438);
INSERT INTO "pings" VALUES(8,X'01A0C45077B870CDB777901815502F97','c4cb884e-9254-8e4e-a1b1-35ffd08b0552','welcome-tour','changed','started',0,1790000003000,'v1_control','newbie',X'01A0C4506C007AD4949C0075844652D8',1,2099503398);
CREATE TABLE runs (
    run_id BLOB PRIMARY KEY,
    user_id TEXT NOT NULL,
    tutorial_id TEXT NOT NULL,
    tutorial_version INTEGER NOT NULL,
    etag TEXT NOT NULL,
    variant TEXT NOT NULL,
    persona TEXT NOT NULL,
    step_id TEXT NOT NULL,
    status TEXT NOT NULL,
    started_ms INTEGER NOT NULL
);
INSERT INTO "runs" VALUES(X'01A0C4506C007AD4949C0075844652D8','c4cb884e-9254-8e4e-a1b1-35ffd08b0552','welcome-tour',1,'"v1_control-1"','v1_control','newbie','dashboard','running',1790000000000);
CREATE TABLE set_aside (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    event_id BLOB NOT NULL,
    user_id TEXT NOT NULL,
    body TEXT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    set_aside_ms INTEGER NOT NULL
);
INSERT INTO "set_aside" VALUES(1,'ping',X'01A0C4506C0076F9948D97B313078F39','c4cb884e-9254-8e4e-a1b1-35ffd08b0552','{"tutorial_id": "welcome-tour", "step_id": "poison", "status": "started", "duration_ms": 0, "occurred_ms": 1790000000000, "variant": null, "persona": null, "run_id": null, "tutorial_version": null}','invalid_request','invalid_request by the test',1790000000000);
CREATE TABLE surveys (
    submission_id BLOB PRIMARY KEY,
    user_id TEXT NOT NULL,
    tutorial_id TEXT NOT NULL,
    nps INTEGER NOT NULL,
    comment TEXT NOT NULL,
    persona TEXT,
    occurred_ms INTEGER NOT NULL,
    checksum INTEGER NOT NULL
);
INSERT INTO "surveys" VALUES(X'01A0C45077B870B68B1908156B4EE74A','c4cb884e-9254-8e4e-a1b1-35ffd08b0552','other-tour',8,'waits since version 1',NULL,1790000003000,1724627888);
CREATE INDEX runs_of_user ON runs (user_id, tutorial_id, started_ms);
CREATE UNIQUE INDEX one_open_run ON runs (user_id, tutorial_id)
    WHERE status IN ('running', 'survey');
CREATE TRIGGER keep_last_seq BEFORE DELETE ON pings BEGIN
    UPDATE counters SET value = max(value, old.seq) WHERE name = 'last_seq';
END;
COMMIT;
PRAGMA user_version = 1;
