"""The command of `orchestra worker -- python3 agent.py`: one process for each task, with its payload on standard input."""
import json, os, sys, time

texts = json.load(sys.stdin)["texts"]
for text in texts:
    time.sleep(0.2)  # stands for the call of a model
    print(f"{os.environ['ORCHESTRA_AGENT_ID']}: {text!r} has {len(text)} characters", flush=True)
# Exit code 0 is done, any other has failed. What was printed is kept with the task.
