"""A worker for Orchestra with Python's standard library alone. Copy it, and put your work in place of `measure`."""
import http.client, json, os, signal, socket, sys, threading, time, urllib.error, urllib.parse, urllib.request

API = os.environ.get("ORCHESTRA_URL", "http://127.0.0.1:4400")
TASKS = os.environ.get("ORCHESTRA_TASKS_URL", "http://127.0.0.1:4401")
TOKEN = os.environ.get("ORCHESTRA_TOKEN") or open(os.environ.get("ORCHESTRA_TOKEN_FILE") or sys.exit("set ORCHESTRA_TOKEN_FILE to the file with the worker's token")).read().strip()
UNREACHABLE = (OSError, http.client.HTTPException)
stopping = threading.Event()  # by Ctrl-C or SIGTERM

class Refused(Exception): """The service will not take this call, however often it is sent."""
class Stopped(BaseException): """With its cause, `pause` or `shutdown`. Not an error: `except Exception` in a handler lets it through."""
class Lost(BaseException): """The run belongs to somebody else by now."""

def call(path, body=None, base=TASKS, timeout=10):
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    request = urllib.request.Request(base + path, None if body is None else json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer: return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code >= 500 or error.code in (408, 429): raise ConnectionError(f"{base} answers {error.code}") from error
        raise (Lost if error.code == 409 else Refused)(f"{base} answers {error.code}: {error.read().decode()}") from error

class Run:
    def __init__(self, task):
        self.task, self.cursor, self.lost, self.over = task, task["cursor"], threading.Event(), threading.Event()
        threading.Thread(target=self.beat, daemon=True).start()

    def tell(self, what, **body): call(f"/api/tasks/{self.task['id']}/{what}", {"run_id": self.task["run_id"], **body})

    def beat(self):
        lease, answered_at = self.task["lease_seconds"], time.monotonic()
        while not self.lost.is_set() and not self.over.wait(lease / 3):
            try: self.tell("heartbeat"); answered_at = time.monotonic()
            except Lost: self.lost.set()
            except Exception:
                if time.monotonic() - answered_at >= lease: self.lost.set()

    def checkpoint(self, cursor):
        """Call it between two steps, with what the next run needs in order to go on from here."""
        self.cursor = cursor
        if stopping.is_set(): raise Stopped("shutdown")
        labels = {name: self.task[name] for name in ("agent_id", "skill", "quest_id", "actor_id") if self.task[name] is not None}
        while not self.lost.is_set():
            try: found = call("/api/senate/pauses/check?" + urllib.parse.urlencode(labels), base=API)
            except UNREACHABLE: time.sleep(1); continue  # it may be paused: wait
            if found["paused"] and found["pause"]["id"] != self.task.get("probe_of"): raise Stopped("pause")
            return
        raise Lost("the run was taken away, or no heartbeat was answered for a whole lease")

def carry_out(run, handler):
    try: what, body = "complete", {"result": handler(run.task, run)}
    except Stopped as cause: what, body = "release", {"cause": str(cause), "cursor": run.cursor}
    except Exception as error: what, body = "fail", {"error": f"{type(error).__name__}: {error}"[:2000]}
    for wait_seconds in (0, 1, 2, 5, 10, 20):
        time.sleep(wait_seconds)
        try: run.tell(what, **body); return print(f"task {run.task['id']}: {what}", flush=True)
        except UNREACHABLE as error: print(f"task {run.task['id']}: its end cannot be told yet: {error}", file=sys.stderr)
        except Exception as error: what, body = "fail", {"error": str(error)[:2000]}  # JSON or the service cannot hold it

def work(handlers):
    for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, lambda *_: stopping.set())
    claim = {"worker": f"{socket.gethostname()}:{os.getpid()}", "skills": list(handlers), "wait_seconds": 5}
    while not stopping.is_set():
        try: tasks = call("/api/tasks/claim", claim, timeout=20)["tasks"]
        except UNREACHABLE as error: print(f"nothing can be claimed at {TASKS}: {error}", file=sys.stderr); time.sleep(2); continue
        for run in map(Run, tasks):
            try: carry_out(run, handlers[run.task["skill"]])
            except Lost as why: print(f"task {run.task['id']}: lost: {why}", file=sys.stderr)
            finally: run.over.set()

def measure(task, run):
    lengths = (run.cursor or {}).get("lengths", [])
    for text in task["payload"]["texts"][len(lengths):]:
        run.checkpoint({"lengths": lengths})
        time.sleep(0.2)  # stands for the call of a model
        lengths.append(len(text))
    return {"lengths": lengths}

if __name__ == "__main__":
    try: work({"measure": measure})
    except Refused as error: sys.exit(str(error))
