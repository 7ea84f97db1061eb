"""Stops a Python agent before its next step while Orchestra has it paused. Copy this file: it needs nothing but the standard library.

    import brake

    brake.gate(agent_id="skeptic", skill="debate")      # raises brake.Paused

    @brake.brake(agent_id="skeptic", skill="debate")    # a gate before each call; also for async functions
    def think(): ...

It asks pause-api (ORCHESTRA_URL) at each gate, with ORCHESTRA_TOKEN or ORCHESTRA_TOKEN_FILE; the role `agent` is enough. It fails closed: where
it cannot be told, it raises Paused as well, with code "unknown". A step that has begun goes on; this is a gate before steps, not a claim.
"""
import asyncio, functools, http.client, inspect, json, logging, os, socket, time, urllib.error, urllib.request

TIMEOUT_SECONDS = 5
GATE = os.environ.get("ORCHESTRA_GATE") or f"{socket.gethostname()}:{os.getpid()}"  # how operators see this process


class Paused(Exception):
    """The step must not begin. `code`: "paused" or "unknown"; `reason`: what the operator wrote; `pause`: the pause, or None."""

    def __init__(self, code, reason, pause=None):
        super().__init__(code, reason, pause)  # by these it is made again where it is sent to another process
        self.code, self.reason, self.pause = code, reason, pause

    def __str__(self):
        return f"paused: {self.reason}" if self.code == "paused" else self.reason


def _labels(labels):
    given = {name: value for name, value in labels.items() if value is not None}
    if not given: raise ValueError("give at least one label: agent_id, skill, quest_id, actor_id")
    for name, value in given.items():
        if not isinstance(value, str) or not value.strip(): raise ValueError(f"the label {name} is blank: leave it out, or say what it is")
    return given


def _token():
    token = os.environ.get("ORCHESTRA_TOKEN")
    if token: return token
    path = os.environ.get("ORCHESTRA_TOKEN_FILE")
    if not path: raise Paused("unknown", "set ORCHESTRA_TOKEN_FILE to the file with the gate's token")
    try:
        with open(path, encoding="utf-8") as file: return file.read().strip()
    except OSError as error: raise Paused("unknown", f"the token cannot be read: {error}") from error


def _ask(labels, **more):
    url = os.environ.get("ORCHESTRA_URL", "http://127.0.0.1:4400").rstrip("/") + "/api/turn-gates/ask"
    headers = {"Authorization": f"Bearer {_token()}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps({**labels, **more}).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer: found = json.load(answer)
        paused, reason, pause = found["paused"], found["reason"], found["pause"]
        if paused is not True and paused is not False: raise ValueError("it does not say whether it is paused")
        return paused, reason, pause
    except urllib.error.HTTPError as error:
        with error: told = error.read(2000).decode(errors="replace")
        if error.code == 400 and "invalid_request" in told: raise ValueError(told) from error
        raise Paused("unknown", f"whether this is paused could not be asked: {url} answers {error.code}") from error
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as error:
        raise Paused("unknown", f"whether this is paused could not be asked: {error}") from error


def ask(*, agent_id=None, skill=None, quest_id=None, actor_id=None):
    """What pauses a step with these labels: None, or {"reason": …, "pause": …}. Nothing is counted. Raises Paused("unknown") where it cannot be told."""
    paused, reason, pause = _ask(_labels(dict(agent_id=agent_id, skill=skill, quest_id=quest_id, actor_id=actor_id)))
    return {"reason": reason, "pause": pause} if paused else None


def gate(*, agent_id=None, skill=None, quest_id=None, actor_id=None):
    """Raises Paused when a step with these labels must not begin; the refusal is counted for the operator."""
    paused, reason, pause = _ask(_labels(dict(agent_id=agent_id, skill=skill, quest_id=quest_id, actor_id=actor_id)), gate=GATE)
    if paused: raise Paused("paused", reason, pause)


def passes(**labels):
    """The same as True or False, for frameworks that take False as "do not begin" and go on when a hook raises. It raises nothing: what cannot be judged is False."""
    try:
        gate(**labels)
        return True
    except Exception as error:
        logging.getLogger("orchestra").warning("a step does not begin: %s", error)
        return False


def when_clear(*, every_seconds=1.0, timeout_seconds=None, **labels):
    """Returns once a step with these labels may begin. Raises the last Paused when that takes longer than timeout_seconds."""
    started = time.monotonic()
    while True:
        try:
            found = ask(**labels)
            if found is None: return
            held = Paused("paused", found["reason"], found["pause"])
        except Paused as error: held = error
        if timeout_seconds is not None and time.monotonic() - started >= timeout_seconds: raise held
        time.sleep(every_seconds)


def brake(*, agent_id=None, skill=None, quest_id=None, actor_id=None):
    """A gate before each call of a function. Without skill it is the function's name."""
    def decorate(function):
        labels = dict(agent_id=agent_id, skill=skill or function.__name__, quest_id=quest_id, actor_id=actor_id)
        _labels(labels)  # a wrong one is told now, and not at the first call
        if inspect.iscoroutinefunction(function):
            @functools.wraps(function)
            async def braked(*args, **kwargs):
                await asyncio.to_thread(lambda: gate(**labels))
                return await function(*args, **kwargs)
        else:
            @functools.wraps(function)
            def braked(*args, **kwargs):
                gate(**labels)
                return function(*args, **kwargs)
        return braked
    return decorate
