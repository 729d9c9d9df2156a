"""A headless Chromium that a test drives over a pipe (the DevTools protocol, one JSON message a null byte)."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SECONDS = 60
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
)  # fmt: skip
_KEYS = {"ArrowLeft": 37, "ArrowRight": 39, "Enter": 13}


class Page:
    """One open page."""

    def __init__(self, send: int, receive: int) -> None:
        self._send, self._receive, self._number, self._rest = send, receive, 0, b""
        self._session: str | None = None
        self.console: list[str] = []
        self.dialogs: list[str] = []

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command and its result; what the page says meanwhile goes to `console`, its dialogs are accepted."""
        number = self._write(method, params)
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            if answer.get("method") == "Page.javascriptDialogOpening":
                self.dialogs.append(answer["params"]["type"])
                self._write("Page.handleJavaScriptDialog", {"accept": True})
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.console.append(json.dumps(answer["params"]))

    def _write(self, method: str, params: dict[str, Any]) -> int:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session and not method.startswith(("Target.", "Browser.")):
            message["sessionId"] = self._session
        os.write(self._send, json.dumps(message).encode() + b"\0")
        return self._number

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + SECONDS
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._receive], [], [], max(0.0, end - time.monotonic()))
            assert ready, "the browser does not answer"
            read = os.read(self._receive, 1 << 20)
            assert read, "the browser has ended"
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def attach(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Runtime", "Log", "Page"):
            self.call(f"{domain}.enable")
        self.open(path)

    def open(self, path: Path) -> None:
        """Go to a file in the same tab."""
        self.call("Page.navigate", url=path.resolve().as_uri())
        self.wait("document.readyState === 'complete' && location.protocol === 'file:'")

    def wait(self, condition: str) -> None:
        """Until an expression is true."""
        end = time.monotonic() + SECONDS
        while not self.value(condition):
            assert time.monotonic() < end, f"never true: {condition}"
            time.sleep(0.02)

    def value(self, expression: str) -> Any:
        """The value of an expression in the page."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def press(self, key: str) -> None:
        """One key, as from a keyboard."""
        code = _KEYS.get(key) or ord(key.upper())
        text = {} if key in _KEYS else {"text": key}
        named = {"key": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", **named, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    def click(self, selector: str) -> None:
        """Click what a selector finds."""
        assert self.value(f"!!document.querySelector({selector!r})"), selector
        self.value(f"document.querySelector({selector!r}).click()")

    def picture(self, path: Path, width: int, height: int) -> None:
        """A screenshot at a window of that size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


@contextmanager
def chromium(page: Path, scratch: Path) -> Iterator[Page]:
    """The page, open in a browser that ends with the test; skipped where there is no Chromium."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium is installed: the page is not tried in a browser")
    down, up = os.pipe(), os.pipe()

    def pipes() -> None:
        # The protocol is spoken on the descriptors 3 and 4; the ends are moved out of their way first.
        ends = [os.dup2(end, 200 + i) for i, end in enumerate((down[0], up[1]))]
        for number, end in enumerate(ends, 3):
            os.dup2(end, number, inheritable=True)

    done = subprocess.Popen(
        [program, *_FLAGS, f"--user-data-dir={scratch / 'profile'}"], preexec_fn=pipes, close_fds=False,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    os.close(down[0])
    os.close(up[1])
    try:
        opened = Page(down[1], up[0])
        opened.attach(page)
        yield opened
    finally:
        os.killpg(done.pid, signal.SIGKILL)
        done.wait()
        os.close(down[1])
        os.close(up[0])
