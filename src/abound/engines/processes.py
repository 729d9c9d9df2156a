"""Tasks in worker processes that speak JSON over pipes.

Workers are started as `python -m abound.engines.processes`, not forked (Polars hangs after a fork) and not by
multiprocessing (which runs the caller's script again): notebooks and plain scripts work alike. Large data goes by
artifact path.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

from pydantic import Field

from abound import errors
from abound.core.registry import plugin
from abound.errors import AboundError, WorkerError

_ONE_THREAD = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
}  # fmt: skip


@plugin("engine", accepts=("any",))
class Processes:
    """Runs tasks in `workers` processes of one thread each; the results do not depend on how many there are."""

    workers: int = Field(default=2, ge=1)

    def map(
        self, function: str, tasks: Sequence[dict[str, Any]], on_done: Callable[[int], None] | None = None
    ) -> Iterator[Any]:
        """Results in order. The first failure stops the other workers and is raised here."""
        return _Pool(min(self.workers, len(tasks)), function, tasks, on_done).results()


class _Pool:
    """One thread a worker hands out tasks; results are yielded in order as soon as they are there."""

    def __init__(self, workers: int, function: str, tasks: Sequence[dict[str, Any]], on_done: Any) -> None:
        self.function, self.tasks, self.on_done = function, tasks, on_done or (lambda _: None)
        # Each worker starts with tasks of its own, the same in every call: it may still hold what they need.
        self.todo = [deque(range(first, len(tasks), workers)) for first in range(workers)]
        self.answers: queue.SimpleQueue[tuple[int, Any, AboundError | None]] = queue.SimpleQueue()
        self.surroundings = _surroundings()
        self.processes = [_take(self.surroundings) for _ in range(workers)]

    def results(self) -> Iterator[Any]:
        threads = [threading.Thread(target=self._feed, args=p, daemon=True) for p in enumerate(self.processes)]
        for thread in threads:
            thread.start()
        done: dict[int, Any] = {}
        finished = 0
        try:
            for number in range(len(self.tasks)):
                while number not in done:
                    place, done[place] = self._next()
                    finished += 1
                    self.on_done(finished)
                yield done.pop(number)
            while self.processes:  # every task is answered, so every worker waits for the next
                _IDLE.append((self.surroundings, self.processes.pop()))
        finally:
            for process in self.processes:
                _end(process)

    def _next(self) -> tuple[int, Any]:
        """The next answer, whichever task it belongs to.

        A wait without a limit would not be ended by Ctrl-C: the handler that Polars installs restarts it.
        """
        while True:
            with contextlib.suppress(queue.Empty):
                place, value, error = self.answers.get(timeout=0.1)
                break
        if error is not None:
            raise error
        return place, value

    def _pick(self, worker: int) -> int | None:
        """The worker's next task, or the last of another's; None where all are taken. Deques are thread-safe."""
        turn = [self.todo[worker].popleft, *(t.pop for t in self.todo)]
        for take in turn:
            with contextlib.suppress(IndexError):
                return take()
        return None

    def _feed(self, worker: int, process: subprocess.Popen[str]) -> None:
        while (number := self._pick(worker)) is not None:
            try:
                answer = _ask(process, {"function": self.function, "task": self.tasks[number]})
                self.answers.put((number, _value(answer), None))
            except AboundError as error:
                self.answers.put((number, None, error))
                return


_IDLE: list[tuple[str, subprocess.Popen[str]]] = []  # workers that wait, with the surroundings they started in


@atexit.register
def _dismiss() -> None:
    while _IDLE:
        _end(_IDLE.pop()[1])


def _surroundings() -> str:
    """What a worker takes over when it starts: one from other surroundings must not be used again."""
    return json.dumps([os.getcwd(), sys.executable, sorted(os.environ.items())])


def _take(surroundings: str) -> subprocess.Popen[str]:
    """A waiting worker, or a new one. Starting costs a second, and a run asks for workers more than once.

    Workers end by themselves when their pipe closes, which it does when this process ends, however it ends.
    """
    while _IDLE:
        known, process = _IDLE.pop()
        if known == surroundings and process.poll() is None:
            return process
        _end(process)
    return _start()


def _start() -> subprocess.Popen[str]:
    with _without_interrupts():
        return subprocess.Popen(
            [sys.executable, "-m", "abound.engines.processes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, **_ONE_THREAD},
        )


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """A process started inside never meets Ctrl-C, not even while it imports: the parent decides what it means."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with contextlib.suppress(OSError):  # closing flushes, and nobody reads any more
                pipe.close()


def _ask(process: subprocess.Popen[str], message: dict[str, Any]) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
    except (OSError, ValueError):
        line = ""
    if not line:
        code = process.wait()
        why = "killed, most likely for lack of memory" if code in (-9, 137) else f"exit status {code}"
        raise WorkerError(
            f"a worker process ended early ({why}): run the same command again, finished work is kept"
        )
    answer: dict[str, Any] = json.loads(line)
    return answer


def _value(answer: dict[str, Any]) -> Any:
    if "error" not in answer:
        return answer["value"]
    kind = getattr(errors, answer["error"], None)
    if isinstance(kind, type) and issubclass(kind, AboundError):
        raise kind(answer["message"])
    raise WorkerError(f"a worker failed: {answer['error']}: {answer['message']}\n{answer.get('trace', '')}")


def _until_orphaned(requests: IO[str]) -> Iterator[str]:
    """The requests. The process ends at once, in the middle of a task too, when its parent closes the pipe or dies:
    nobody is left to read the answer, and what a task writes is whole or absent.
    """
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        for line in requests:
            waiting.put(line)
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        yield waiting.get()


def serve(requests: Iterator[str], answers: IO[str]) -> None:
    """The worker's loop: one JSON request a line, one JSON answer a line."""
    import traceback

    from abound.core.task import call, one_thread

    for line in requests:
        message = json.loads(line)
        try:
            with one_thread():
                answer: dict[str, Any] = {"value": call(message["function"], message["task"])}
        except AboundError as error:
            answer = {"error": type(error).__name__, "message": str(error)}
        except Exception as error:  # the parent raises it again, with the worker's own trace
            answer = {"error": type(error).__name__, "message": str(error), "trace": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not end up in the answers
    try:
        serve(_until_orphaned(sys.stdin), pipe)
    except BrokenPipeError:  # the parent died while the answer was written
        os._exit(0)
