"""No descriptor left for anybody else. Takes half a minute."""

import resource
import socket
import threading
import time

from crowd import address, descriptors, wait_until

#: Of which the daemon keeps 256 for files.
LIMIT = 300


def test_checkpoints_go_on_when_connections_take_all_there_is(serve, measured):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, hard))
    try:
        daemon = serve()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with open(f"/proc/{daemon.pid}/limits") as limits:
        assert any(line.split()[:4] == ["Max", "open", "files", str(LIMIT)] for line in limits)
    client = daemon.client()
    agent = client.create_agent("CartPole-v1", hyperparameters={"hidden_sizes": [16]})["agent_id"]
    job = client.train(agent, seconds=120, evaluate={"every_steps": 1000})["job_id"]
    written = []

    def listen():
        for event in client.stream_job(job):
            if event.event == "checkpoint":
                written.append(time.monotonic())

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    wait_until(lambda: bool(written), 60)
    crowd = [socket.create_connection(address(daemon), 10) for _ in range(400)]
    begin = time.monotonic()
    most = 0
    # Whoever has sent nothing is cut after 10 s: others that wait take their place.
    while time.monotonic() - begin < 25:
        most = max(most, descriptors(daemon))
        time.sleep(0.2)
    meanwhile = sum(time_written > begin for time_written in written)
    for connection in crowd:
        connection.close()
    end = time.monotonic()
    assert daemon.request("GET", "/livez").status == 200
    recovered = time.monotonic() - end
    measured(f"{most} of {LIMIT} descriptors, {meanwhile} checkpoints meanwhile, recovered in {recovered:.2f} s")
    assert meanwhile > 0
    assert recovered <= 1
    assert daemon.request("DELETE", f"/v1/jobs/{job}").status == 200
    listener.join(30)
    assert daemon.stop() == 0
