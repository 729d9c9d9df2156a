import os
import signal
import subprocess
import sys
import time

import pytest

from abound.core import registry
from abound.errors import Refusal, WorkerError

HERE = "tests.engines.tasks"
ENGINES = [("local", {}), ("processes", {"workers": 1}), ("processes", {"workers": 3})]


@pytest.mark.parametrize(("name", "params"), ENGINES)
def test_results_come_in_order_and_progress_counts_up(name, params):
    seen = []
    engine = registry.create("engine", name, params)
    assert list(engine.map(f"{HERE}:square", [{"x": i} for i in range(7)], seen.append)) == [
        i * i for i in range(7)
    ]
    assert seen == list(range(1, 8))


@pytest.mark.parametrize(("name", "params"), ENGINES)
def test_no_tasks(name, params):
    assert list(registry.create("engine", name, params).map(f"{HERE}:square", [])) == []


def test_the_number_of_workers_does_not_change_a_bit():
    tasks = [{"seed": s} for s in range(3)]
    runs = [list(registry.create("engine", n, p).map(f"{HERE}:total", tasks)) for n, p in ENGINES]
    assert runs[0] == runs[1] == runs[2]


def test_what_a_library_prints_does_not_spoil_the_answers():
    engine = registry.create("engine", "processes", {"workers": 1})
    assert list(engine.map(f"{HERE}:talk", [{"text": "größe\n日本"}])) == ["größe\n日本"]


def test_an_error_on_purpose_keeps_its_kind_and_its_words():
    engine = registry.create("engine", "processes", {"workers": 2})
    with pytest.raises(Refusal, match="'größe' does not suit"):
        list(engine.map(f"{HERE}:refuse", [{}, {}]))


def test_an_unplanned_error_carries_the_workers_trace():
    engine = registry.create("engine", "processes", {"workers": 2})
    with pytest.raises(WorkerError, match=r"(?s)KeyError.*not planned.*tasks\.py"):
        list(engine.map(f"{HERE}:crash", [{}]))


def test_a_worker_that_dies_is_one_sentence():
    engine = registry.create("engine", "processes", {"workers": 2})
    with pytest.raises(WorkerError, match="ended early"):
        list(engine.map(f"{HERE}:die", [{}, {}]))


def test_workers_do_not_run_the_callers_script_again(tmp_path):
    """multiprocessing's spawn would import the script in each worker and print the line three times."""
    script = tmp_path / "plain.py"
    script.write_text(
        "print('once')\n"
        "from abound.core import registry\n"
        "e = registry.create('engine', 'processes', {'workers': 2})\n"
        f"print(list(e.map('{HERE}:square', [{{'x': 2}}, {{'x': 3}}])))\n"
    )
    env = {**os.environ, "PYTHONPATH": os.getcwd()}
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=env, check=True)
    assert done.stdout.splitlines() == ["once", "[4, 9]"]


def test_an_interrupt_leaves_no_worker_behind(tmp_path):
    script = tmp_path / "long.py"
    script.write_text(
        "import sys\nfrom abound.core import registry\n"
        "e = registry.create('engine', 'processes', {'workers': 2})\n"
        "def shown(n): print(n, flush=True)\n"
        "list(e.map('time:sleep', [0.01, 60, 60], shown))\n"
    )
    env = {**os.environ, "PYTHONPATH": os.getcwd()}
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, str(script)], stdout=pipe, stderr=pipe, text=True, env=env)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "1"
    workers = _children(process.pid)
    assert len(workers) == 2
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    for _ in range(50):
        if not any(os.path.exists(f"/proc/{w}") for w in workers):
            return
        time.sleep(0.1)
    raise AssertionError("a worker outlived the run")


def _children(pid):
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    return [int(p) for p in listed.stdout.split()]


def test_workers_are_used_again_in_the_same_surroundings_only(monkeypatch):
    engine = registry.create("engine", "processes", {"workers": 1})

    def worker():
        return list(engine.map(f"{HERE}:who", [{}]))

    first = worker()
    assert worker() == first
    monkeypatch.setenv("ABOUND_TEST", "other")
    assert worker() != first


def test_a_worker_that_failed_is_not_used_again():
    engine = registry.create("engine", "processes", {"workers": 1})
    first = list(engine.map(f"{HERE}:who", [{}]))
    with pytest.raises(Refusal):
        list(engine.map(f"{HERE}:refuse", [{}]))
    assert list(engine.map(f"{HERE}:who", [{}])) != first


def test_ctrl_c_for_the_whole_group_is_quiet_and_quick(tmp_path):
    """A terminal sends it to the workers too, here while they still import; Polars restarts the parent's wait."""
    script = tmp_path / "long.py"
    script.write_text(
        "import os, signal, threading, time, polars\n"
        "from abound.core import registry\n"
        "e = registry.create('engine', 'processes', {'workers': 2})\n"
        "for wait in (0.15, 1.2):\n"
        "    threading.Timer(wait, lambda: os.killpg(0, signal.SIGINT)).start()\n"
        "    start = time.monotonic()\n"
        "    try:\n"
        "        list(e.map('time:sleep', [60, 60]))\n"
        "    except KeyboardInterrupt:\n"
        "        print(time.monotonic() - start < wait + 2)\n"
    )
    done = _script(script)
    out, err = done.communicate(timeout=30)
    assert (out, err) == ("True\nTrue\n", "")


def test_workers_of_a_killed_parent_end_at_once_and_say_nothing(tmp_path):
    script = tmp_path / "killed.py"
    script.write_text(
        "import os, signal, threading\n"
        "from abound.core import registry\n"
        "e = registry.create('engine', 'processes', {'workers': 2})\n"
        "threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()\n"
        "list(e.map('time:sleep', [4, 4]))\n"
    )
    done = _script(script)
    start = time.monotonic()
    out, err = done.communicate(timeout=30)  # until the workers, who hold the pipe too, are gone
    assert (out, err) == ("", "")
    assert time.monotonic() - start < 3.5


def _script(path):
    env = {**os.environ, "PYTHONPATH": os.getcwd()}
    pipe = subprocess.PIPE
    words = [sys.executable, str(path)]
    return subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, env=env, start_new_session=True)
