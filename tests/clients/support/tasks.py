"""What tests of tasks do again and again."""

APP = {"name": "app", "image": "app", "cpu": 128, "memory": 64}
WAIT = {"Delay": 0.1, "MaxAttempts": 300}


def describe(sim, arns, **more):
    chunks = [arns[i : i + 100] for i in range(0, len(arns), 100)]
    return [task for chunk in chunks for task in sim.describe_tasks(tasks=chunk, **more)["tasks"]]


def run(sim, **members):
    answer = sim.run_task(**members)
    assert answer["failures"] == []
    return [task["taskArn"] for task in answer["tasks"]]


def wait(sim, waiter, arns, **more):
    sim.get_waiter(waiter).wait(tasks=arns, WaiterConfig=WAIT, **more)
