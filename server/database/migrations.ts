/** Each brings the file one version further; those that have been released never change. */
export const MIGRATIONS = [
  `CREATE TABLE runs (
     id TEXT PRIMARY KEY,
     sequence INTEGER NOT NULL,
     number REAL NOT NULL,
     client TEXT,
     delivery TEXT NOT NULL,
     status TEXT NOT NULL,
     attempts INTEGER NOT NULL DEFAULT 0,
     prompt TEXT NOT NULL,
     extra TEXT NOT NULL,
     outputs TEXT NOT NULL,
     record TEXT,
     finish INTEGER,
     created_at INTEGER NOT NULL,
     started_at INTEGER,
     finished_at INTEGER
   );
   CREATE INDEX runs_by_status ON runs (status);
   CREATE INDEX runs_by_finish ON runs (finish);`,
  `ALTER TABLE runs ADD COLUMN job TEXT NOT NULL DEFAULT 'pending';
   UPDATE runs SET job = CASE
     WHEN status != 'ended' THEN 'pending'
     WHEN json_extract(record, '$.status.completed') THEN 'completed'
     WHEN record LIKE '%"execution_interrupted"%' THEN 'cancelled'
     ELSE 'failed' END;
   ALTER TABLE runs ADD COLUMN workflow TEXT
     GENERATED ALWAYS AS (json_extract(extra, '$.extra_pnginfo.workflow.id')) VIRTUAL;
   CREATE INDEX runs_by_job ON runs (job, created_at);
   CREATE INDEX runs_by_creation ON runs (created_at);`,
  // What is large goes into a table of its own, so that lists read only what they show.
  `CREATE TABLE graphs (id TEXT PRIMARY KEY, prompt TEXT NOT NULL, extra TEXT NOT NULL, outputs TEXT NOT NULL, record TEXT);
   INSERT INTO graphs SELECT id, prompt, extra, outputs, record FROM runs;
   CREATE TRIGGER runs_removed AFTER DELETE ON runs BEGIN DELETE FROM graphs WHERE id = OLD.id; END;
   DROP INDEX runs_by_job;
   DROP INDEX runs_by_creation;
   ALTER TABLE runs DROP COLUMN workflow;
   ALTER TABLE runs ADD COLUMN workflow TEXT;
   UPDATE runs SET workflow = json_extract(extra, '$.extra_pnginfo.workflow.id');
   ALTER TABLE runs DROP COLUMN prompt;
   ALTER TABLE runs DROP COLUMN extra;
   ALTER TABLE runs DROP COLUMN outputs;
   ALTER TABLE runs DROP COLUMN record;
   ALTER TABLE runs ADD COLUMN summary TEXT;
   ALTER TABLE runs ADD COLUMN shape TEXT;
   ALTER TABLE runs ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE runs ADD COLUMN webhook TEXT;
   ALTER TABLE runs ADD COLUMN duration INTEGER GENERATED ALWAYS AS (finished_at - started_at) VIRTUAL;
   CREATE INDEX runs_by_job ON runs (job, created_at, sequence);
   CREATE INDEX runs_by_creation ON runs (created_at, sequence, job);
   CREATE INDEX runs_by_duration ON runs (duration, sequence, job);
   CREATE INDEX runs_by_workflow ON runs (workflow, created_at, sequence) WHERE workflow IS NOT NULL;

   CREATE TABLE files (
     type TEXT NOT NULL,
     subfolder TEXT NOT NULL,
     filename TEXT NOT NULL,
     sha256 TEXT NOT NULL,
     size INTEGER NOT NULL,
     PRIMARY KEY (type, subfolder, filename)
   ) WITHOUT ROWID;
   CREATE INDEX files_by_content ON files (sha256);

   CREATE TABLE speeds (key TEXT PRIMARY KEY, count INTEGER NOT NULL, mean REAL NOT NULL) WITHOUT ROWID;

   CREATE TABLE deliveries (
     id TEXT PRIMARY KEY,
     run TEXT NOT NULL,
     url TEXT NOT NULL,
     body TEXT NOT NULL,
     attempts INTEGER NOT NULL DEFAULT 0,
     due_at INTEGER NOT NULL
   );
   CREATE INDEX deliveries_by_time ON deliveries (due_at);`,
  // Scheme and authority of the address: whatever follows the first slash after them goes.
  `ALTER TABLE deliveries ADD COLUMN receiver TEXT
     GENERATED ALWAYS AS (substr(url, 1, 7 + instr(substr(url, 9) || '/', '/'))) VIRTUAL;
   ALTER TABLE deliveries ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
   UPDATE deliveries SET created_at = due_at;
   DROP INDEX deliveries_by_time;
   CREATE INDEX deliveries_by_time ON deliveries (due_at, attempts, receiver);
   CREATE INDEX deliveries_by_receiver ON deliveries (receiver, created_at);`,
  `DROP INDEX deliveries_by_receiver;
   ALTER TABLE deliveries ADD COLUMN tried_at INTEGER;
   UPDATE deliveries SET tried_at = created_at WHERE attempts > 0;
   ALTER TABLE deliveries DROP COLUMN created_at;
   CREATE INDEX deliveries_by_receiver ON deliveries (receiver, tried_at);`,
  // Files have these already that were in use before they were part of this.
  `CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
   CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, id TEXT NOT NULL);
   INSERT OR IGNORE INTO users (name, id) VALUES ('default', 'default');`,
]
