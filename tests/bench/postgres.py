# SPDX-License-Identifier: Apache-2.0
"""The walks of px_traverse on PostgreSQL 15: recursive CTEs on covering indexes, over the tables that px_traverse wrote.

A private cluster in a folder of its own, on a free loopback port, owned by the user nobody when this is root, for initdb
refuses root. Nothing is measured but the statement: a PL/pgSQL function runs it from every start and looks at the clock of
the server, so that neither a connection nor a driver counts. The plan is kept; the pages are all in its buffers."""
import os
import pwd
import shutil
import subprocess
import time

BIN = "/usr/lib/postgresql/15/bin"
USER = "nobody"

SETTINGS = {"shared_buffers": "2GB", "work_mem": "256MB", "maintenance_work_mem": "1GB", "fsync": "off", "synchronous_commit": "off",
            "full_page_writes": "off", "max_wal_size": "8GB", "jit": "off", "plan_cache_mode": "force_generic_plan",
            "random_page_cost": "1.0", "unix_socket_directories": "''", "max_parallel_workers_per_gather": "0"}

TABLES = """
CREATE UNLOGGED TABLE twin (no int NOT NULL, id text NOT NULL);
CREATE UNLOGGED TABLE edge (no int NOT NULL, source int NOT NULL, name text NOT NULL, target int NOT NULL);
CREATE UNLOGGED TABLE start (at serial, no int, c0 bigint, c1 bigint, c2 bigint);
\\copy twin FROM 'twin.tsv'
\\copy edge FROM 'edge.tsv'
\\copy start (no, c0, c1, c2) FROM 'start.tsv'
CREATE UNIQUE INDEX ON twin (id) INCLUDE (no);
CREATE UNIQUE INDEX ON twin (no) INCLUDE (id);
CREATE INDEX ON edge (source, name) INCLUDE (target, no);
CREATE INDEX ON edge (target, name) INCLUDE (source, no);
VACUUM ANALYZE twin; VACUUM ANALYZE edge;
"""

# What each walk begins with and goes on with; {at}: the twin it stands at.
STEPS = {
    "five hops": "SELECT e.target AS twin, e.no FROM edge e WHERE e.source = {at} AND e.name = 'feeds'",
    "up the tree": "SELECT e.source AS twin, e.no FROM edge e WHERE e.target = {at} AND e.name = 'contains'",
    "all around": "SELECT e.target AS twin, e.no FROM edge e WHERE e.source = {at} UNION ALL "
                  "SELECT e.source, e.no FROM edge e WHERE e.target = {at} AND e.source <> e.target",
}
DEPTHS = {"five hops": (5, 5), "up the tree": (1, 20), "all around": (1, 2)}

FUNCTION = """
CREATE FUNCTION walk_{number}(wanted text) RETURNS bigint LANGUAGE sql STABLE AS $$
WITH RECURSIVE walk(twin, depth, path) AS (
    SELECT s.twin, 1, ARRAY[s.no] FROM twin t, LATERAL ({first}) s WHERE t.id = wanted
  UNION ALL
    SELECT s.twin, w.depth + 1, w.path || s.no FROM walk w, LATERAL ({next}) s
    WHERE w.depth < {most} AND s.no <> ALL (w.path))
SELECT {result} $$;
"""

MEASURE = """
DO $$
DECLARE
    s record; n bigint; began timestamptz;
BEGIN
    CREATE TEMP TABLE took (at int, us double precision, n bigint);
    FOR round IN 1..{rounds} LOOP
        FOR s IN SELECT t.id, st.at FROM start st JOIN twin t USING (no) ORDER BY st.at LOOP
            began := clock_timestamp();
            n := walk_{number}(s.id);
            INSERT INTO took VALUES (s.at, extract(epoch FROM clock_timestamp() - began) * 1e6, n);
        END LOOP;
    END LOOP;
END $$;
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY us), percentile_disc(0.99) WITHIN GROUP (ORDER BY us),
       count(*) FILTER (WHERE n <> {wanted})
FROM (SELECT at, min(us) AS us, max(n) AS n FROM took GROUP BY at) best JOIN start USING (at);
"""


def is_there():
    return os.access(f"{BIN}/initdb", os.X_OK)


class Postgres:
    """One cluster over the tables in `data`; `port` is free."""

    def __init__(self, work, data, port):
        self.folder, self.data, self.port = os.path.join(work, "postgres"), data, port
        self.owner = pwd.getpwnam(USER) if os.geteuid() == 0 else None
        os.makedirs(self.folder)
        if self.owner:
            os.chown(self.folder, self.owner.pw_uid, self.owner.pw_gid)
            path = os.path.abspath(work)
            while path != "/" and not os.stat(path).st_mode & 0o001:  # its owner walks through to its folder
                os.chmod(path, os.stat(path).st_mode | 0o011)
                path = os.path.dirname(path)
        self.run("initdb", "-D", self.cluster(), "-A", "trust", "-U", "bench", "-E", "UTF8", "--no-locale", "-N")
        with open(os.path.join(self.cluster(), "postgresql.conf"), "a") as f:
            f.writelines(f"{key} = {value}\n" for key, value in SETTINGS.items())
        self.server = subprocess.Popen([f"{BIN}/postgres", "-D", self.cluster(), "-h", "127.0.0.1", "-p", str(port)], **self.who(),
                                       stdout=subprocess.DEVNULL, stderr=open(os.path.join(work, "postgres.log"), "wb"))
        self.wait()

    def cluster(self):
        return os.path.join(self.folder, "data")

    def who(self):
        who = {"cwd": self.folder, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}}
        return {**who, "user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []} if self.owner else who

    def run(self, program, *words):
        subprocess.run([f"{BIN}/{program}", *words], check=True, stdout=subprocess.DEVNULL, **self.who())

    def wait(self):
        for _ in range(300):
            if subprocess.run([f"{BIN}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "1"]).returncode == 0:
                return
            assert self.server.poll() is None, "PostgreSQL does not start"
            time.sleep(0.1)
        raise AssertionError("PostgreSQL does not get ready")

    def sql(self, text):
        done = subprocess.run([f"{BIN}/psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port), "-U", "bench", "postgres"],
                              input=text, cwd=self.data, check=True, capture_output=True, text=True)
        return done.stdout

    def load(self):
        self.sql(TABLES)
        for number, (name, step) in enumerate(STEPS.items()):
            least, most = DEPTHS[name]
            counted = f"count(*) FROM walk w WHERE w.depth >= {least}"
            shown = f"count(t.id) FROM walk w JOIN twin t ON t.no = w.twin WHERE w.depth >= {least}"
            for rows, result in ((0, counted), (1, shown)):
                self.sql(FUNCTION.format(number=f"{number}_{rows}", first=step.format(at="t.no"), next=step.format(at="w.twin"), most=most, result=result))

    def measure(self, name, rows, rounds):
        """(p50, p99) in microseconds, of the best round of each start; every count must be what Pollux counted."""
        number = list(STEPS).index(name)
        out = self.sql(MEASURE.format(number=f"{number}_{int(rows)}", rounds=rounds, wanted=f"c{number}"))
        p50, p99, wrong = out.strip().split("|")
        assert wrong == "0", f"{name}: PostgreSQL counts otherwise from {wrong} starts"
        return float(p50), float(p99)

    def stop(self):
        self.server.terminate()
        self.server.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)
