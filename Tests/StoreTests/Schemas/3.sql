BEGIN;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES ('1'), ('2'), ('3');
CREATE TABLE "agents" ("id" TEXT PRIMARY KEY NOT NULL, "name" TEXT NOT NULL, "createdAt" DOUBLE NOT NULL, "configuration" TEXT NOT NULL, "servedVersion" INTEGER NOT NULL, "progress" TEXT NOT NULL, "tenant" TEXT NOT NULL DEFAULT 'default');
INSERT INTO agents VALUES
    ('5a3d0c11', 'first', 10.0, '{"env_id":"CartPole-v1"}', 1, '{"steps":2000}', 'default'),
    ('77e2b904', 'second', 11.0, '{}', 0, '{}', 'default');
CREATE TABLE "versions" ("agentID" TEXT NOT NULL REFERENCES "agents"("id") ON DELETE CASCADE, "version" INTEGER NOT NULL, "createdAt" DOUBLE NOT NULL, "steps" INTEGER NOT NULL, "updates" INTEGER NOT NULL, "evaluation" TEXT, "lineage" TEXT NOT NULL, PRIMARY KEY ("agentID", "version"));
INSERT INTO versions VALUES
    ('5a3d0c11', 0, 10.0, 0, 0, NULL, '{"parents":[]}'),
    ('5a3d0c11', 1, 20.0, 2000, 500, '{"mean_return":187.5}', '{"parents":[{"agent_id":"5a3d0c11","version":0}]}'),
    ('77e2b904', 0, 11.0, 0, 0, NULL, '{"parents":[]}');
CREATE TABLE "jobs" ("id" TEXT PRIMARY KEY NOT NULL, "agentID" TEXT NOT NULL REFERENCES "agents"("id") ON DELETE CASCADE, "state" TEXT NOT NULL, "createdAt" DOUBLE NOT NULL, "startedAt" DOUBLE, "finishedAt" DOUBLE, "request" TEXT NOT NULL, "result" TEXT, "error" TEXT);
INSERT INTO jobs VALUES ('0badcafe', '5a3d0c11', 'succeeded', 12.0, 12.5, 20.0, '{"steps":2000}', '{"steps":2000}', NULL);
CREATE TABLE "events" ("jobID" TEXT NOT NULL REFERENCES "jobs"("id") ON DELETE CASCADE, "sequence" INTEGER NOT NULL, "kind" TEXT NOT NULL, "data" TEXT NOT NULL, PRIMARY KEY ("jobID", "sequence")) WITHOUT ROWID;
INSERT INTO events VALUES
    ('0badcafe', 1, 'phase', '{}'), ('0badcafe', 2, 'progress', '{"progress":1.0}'), ('0badcafe', 3, 'done', '{}');
CREATE TABLE "demonstrations" ("id" TEXT PRIMARY KEY NOT NULL, "createdAt" DOUBLE NOT NULL, "updatedAt" DOUBLE NOT NULL, "tenant" TEXT NOT NULL DEFAULT 'default');
INSERT INTO demonstrations VALUES ('c0ffee00', 30.0, 31.0, 'default');
CREATE TABLE "demonstrationFiles" ("setID" TEXT NOT NULL REFERENCES "demonstrations"("id") ON DELETE CASCADE, "number" INTEGER NOT NULL, "episodes" INTEGER NOT NULL, "steps" INTEGER NOT NULL, "bytes" INTEGER NOT NULL, PRIMARY KEY ("setID", "number")) WITHOUT ROWID;
INSERT INTO demonstrationFiles VALUES ('c0ffee00', 0, 10, 120, 4096), ('c0ffee00', 2, 1, 7, 512);
CREATE TABLE "labels" ("jobID" TEXT NOT NULL REFERENCES "jobs"("id") ON DELETE CASCADE, "stateID" INTEGER NOT NULL, "action" TEXT NOT NULL, PRIMARY KEY ("jobID", "stateID"));
INSERT INTO labels VALUES ('0badcafe', 4, '1');
CREATE TABLE "tokens" ("id" TEXT PRIMARY KEY NOT NULL, "name" TEXT NOT NULL, "tenant" TEXT NOT NULL, "scopes" TEXT NOT NULL, "digest" BLOB NOT NULL, "createdAt" DOUBLE NOT NULL, "expiresAt" DOUBLE, "revokedAt" DOUBLE, "lastUsedAt" DOUBLE);
CREATE TABLE "replies" ("tenant" TEXT NOT NULL, "key" TEXT NOT NULL, "fingerprint" BLOB NOT NULL, "createdAt" DOUBLE NOT NULL, "status" INTEGER, "contentType" TEXT, "location" TEXT, "body" BLOB, PRIMARY KEY ("tenant", "key")) WITHOUT ROWID;
PRAGMA user_version = 3;
COMMIT;
PRAGMA journal_mode = WAL;
