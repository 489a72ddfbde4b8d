"""A notebook that puts out too much ends soon, and the report says which cell did."""

import logging
import os
import re
import sys
import threading
from types import SimpleNamespace

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_output

from evidence_review.runs import output
from evidence_review.runs import run as runs
from evidence_review.runs.notebooks import read_notebook
from evidence_review.runs.run import ReportError, run_notebook

from ..small_project import notebook

resource = pytest.importorskip("resource")

PARENT_MAY_GROW = 300_000  # kB; the parent of an endless print once took 23 GB


@pytest.fixture
def run(copy):
    """Runs one cell, and one after it; returns the executed notebook."""
    notebook_path = copy.notebooks / "01-plain.ipynb"

    def run_cell(source: str):
        notebook(copy, "01-plain", source, "'and on'")
        target = copy.root / "out.ipynb"
        memory = runs.memory_share(2)
        run_notebook(copy, read_notebook(notebook_path), {}, target, memory=memory)
        return nbformat.read(target, as_version=4)

    return run_cell


TOTAL, AT_ONCE = "more than 10 million characters", "more than 40 MB of output at once"
# A stream that is not flushed is sent five times a second: which bound it meets first depends on how
# fast it prints.
ENDLESS = f"({TOTAL}|{AT_ONCE})"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("while True: print('x' * 1000)", ENDLESS),
        ("while True: print('x' * 1000, flush=True)", TOTAL),
        ("while True: print('x' * 1000, end='')", "more than"),
        ("print('x' * 2_000_000)", "a line of more than 1 million characters"),
        ("import sys\nwhile True: print('x' * 500, file=sys.stderr)", ENDLESS),
        ("import sys\nwhile True: print('x' * 500, file=sys.stderr, flush=True)", TOTAL),
        ("print('x\\n' * 50_000_000)", AT_ONCE),
        ("'x' * 11_000_000", TOTAL),
        (
            "from IPython.display import HTML, display\nwhile True: display(HTML('<b>x</b>' * 9999))",
            TOTAL,
        ),
        (
            "import ipywidgets, itertools\nx = ipywidgets.Text()\nfor n in itertools.count(): x.value = f'{n} ' * 999",
            TOTAL,
        ),
        (
            "from IPython.display import display, update_display\ndisplay(1, display_id='a')\n"
            "while True: update_display('x' * 9999, display_id='a')",
            TOTAL,
        ),
        (
            "from IPython.display import clear_output\nwhile True: clear_output(wait=True)",
            "10,000 pieces",
        ),
        ("import logging\nwhile True: logging.warning('mind ' * 100)", TOTAL),
        ("raise ValueError('x' * 50_000_000)", AT_ONCE),
        ("import subprocess\nsubprocess.run(['yes'])", "more than"),
    ],
)
def test_it_ends_within_its_bound_and_names_the_cell(run, source, says):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ReportError, match=rf"01-plain\.ipynb, cell 4: .*{says}.*print less"):
        run(source)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + PARENT_MAY_GROW


def test_a_thread_that_goes_on_printing_is_stopped_too(run):
    loop = "def loop():\n    while True: print('y' * 1000)\n"
    with pytest.raises(ReportError, match=rf"cell \d: {ENDLESS}"):
        run(f"import threading, time\n{loop}threading.Thread(target=loop).start(); time.sleep(60)")


def test_an_error_of_many_pages_is_told_by_its_beginning(run):
    with pytest.raises(ReportError, match=r"cell 4: ValueError: x+ …$") as caught:
        run("raise ValueError('x' * 100_000)")
    assert len(str(caught.value)) < 1_100


def test_nobody_but_the_report_tells_that_a_kernel_has_gone(run, capfd, monkeypatch):
    monkeypatch.setattr(logging.root, "handlers", [])  # as outside of a test
    with pytest.raises(ReportError, match="cell 4: the kernel died"):
        run("import os; os._exit(1)")
    assert capfd.readouterr().err == ""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory has no bound")
@pytest.mark.parametrize("small", ["[1]", "object()"])
def test_what_a_kernel_without_memory_says_of_itself_stays_off_the_terminal(
    run, capfd, monkeypatch, small
):
    monkeypatch.setattr(runs, "memory_share", lambda kernels: 600 * 2**20)
    with pytest.raises(ReportError, match=r"cell 4: .*may use 0\.6 GiB"):
        run(f"grown = []\nwhile True: grown.append({small})")
    assert capfd.readouterr().err == ""


def test_what_children_of_a_notebook_say_is_on_its_page(run):
    executed = run("import subprocess\nsubprocess.run('echo of a child >&2', shell=True)")
    said = [output.text for output in executed.cells[3].outputs if output.get("name") == "stderr"]
    assert said == ["of a child\n"]


def test_what_a_child_says_is_of_its_cell_though_the_thread_that_reads_it_has_no_turn(
    tmp_path, monkeypatch
):
    """A cell ends with a flush: on a busy machine that came before the thread, and the words were lost."""
    from ipykernel.iostream import IOPubThread

    from evidence_review.runs.child_output import Stream

    class Asleep(Stream):
        def _watch_pipe_fd(self):
            pass

    class NoThread(IOPubThread):
        thread = io_loop = None
        schedule = stop = close = lambda *_: None

        def __init__(self):
            pass

    sent = []
    session = SimpleNamespace(
        msg=lambda kind, content, parent: content["text"],
        send=lambda thread, text, ident: sent.append(text),
    )
    with (tmp_path / "terminal").open("w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        stream = Asleep(session, NoThread(), "stderr", watchfd="force")
        os.write(terminal.fileno(), b"of a child\n")  # as a program writes, by the number
        stream.flush()
        stream.close()
    assert sent == ["of a child\n"]
    assert (tmp_path / "terminal").read_text() == "of a child\n"


def said_of(executed, name="stdout"):
    return "".join(o.text for o in executed.cells[3].outputs if o.get("name") == name)


def test_what_children_say_has_its_place_between_what_the_notebook_prints(run):
    """It came out later, at a place that hung on timing: two runs of one report were not the same pages."""
    executed = run(
        "import subprocess\n"
        "for i in range(50):\n    print(i)\n    subprocess.run(f'echo of child {i}', shell=True)"
    )
    assert said_of(executed) == "".join(f"{i}\nof child {i}\n" for i in range(50))


@pytest.mark.parametrize("name", ["stdout", "stderr"])
@pytest.mark.parametrize("flush", [True, False])
def test_what_forked_processes_print_is_not_lost_and_not_said_twice(run, name, flush):
    """ipykernel sends it in messages for which nothing waits: of fifty lines, seventeen came."""
    executed = run(
        "import multiprocessing, sys\n"
        f"print('of the notebook', file=sys.{name})\n"
        f"say = lambda i: print('of fork', i, file=sys.{name}, flush={flush})\n"
        "forks = [multiprocessing.get_context('fork').Process(target=say, args=(i,)) for i in range(20)]\n"
        "for fork in forks: fork.start()\n"
        "for fork in forks: fork.join()"
    )
    lines = said_of(executed, name).splitlines()
    assert lines[0] == "of the notebook"
    assert sorted(lines[1:]) == sorted(f"of fork {i}" for i in range(20))


def test_what_a_forked_process_prints_without_a_line_end_comes_when_it_flushes(run):
    executed = run(
        "import os\nprint('before')\n"
        "if (pid := os.fork()) == 0:\n"
        "    print('half', end='')\n    print(' a line', end='', flush=True)\n    os._exit(0)\n"
        "os.waitpid(pid, 0)\nprint(' after')"
    )
    assert said_of(executed) == "before\nhalf a line after\n"


def test_the_thread_that_sends_does_not_wait_for_itself():
    """It did, for room in a queue that it reads itself: a notebook that printed in many threads stood still."""
    import zmq
    from ipykernel.iostream import IOPubThread

    from evidence_review.runs.quiet import send_at_once

    sender = IOPubThread(zmq.Context.instance().socket(zmq.PUB))
    send_at_once(sender)
    done, all_done = [], threading.Event()

    def ask():
        for number in range(10_000):  # ten times what a queue of zmq holds
            sender.schedule(lambda number=number: done.append(number))
        all_done.set()

    sender.start()
    sender.schedule(ask)
    assert all_done.wait(20)
    sender.stop()
    sender.close()
    assert done == list(range(10_000))


def test_a_character_that_a_child_says_in_two_pieces_is_one(run):
    executed = run(
        "import os, time\n"
        "os.write(1, b'\\xe2\\x82')\ntime.sleep(0.3)\nprint('', end='', flush=True)\n"
        "os.write(1, b'\\xac\\n')"
    )
    assert said_of(executed) == "€\n"


def test_a_handler_that_prints_while_children_talk_does_not_block(run):
    executed = run(
        "import signal, subprocess\n"
        "signal.signal(signal.SIGALRM, lambda *_: print('', end=''))\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)\n"
        "for _ in range(100): subprocess.run('echo of a child', shell=True); print('', end='')\n"
        "signal.setitimer(signal.ITIMER_REAL, 0)"
    )
    assert said_of(executed) == "of a child\n" * 100


def test_a_long_line_within_the_bound_is_kept_whole(run):
    """Joining its pieces once took a time that grew with the square of its length: minutes for this."""
    executed = run("for _ in range(9): print('x' * 100_000, end='', flush=True)")
    assert executed.cells[3].outputs[0].text == "x" * 900_000


def test_a_line_is_counted_across_messages_and_streams_apart():
    bound = output.Bound()
    piece = "x" * (output.LINE // 2)
    say = lambda name, text: bound.exceeded("stream", {"name": name, "text": text})
    assert say("stdout", piece) == ""
    assert say("stderr", piece) == ""
    assert say("stdout", "\n" + piece) == ""
    assert say("stderr", "\r" + piece) == ""
    assert "a line of more than 1 million" in say("stdout", piece + "x")


def stream(name, text):
    return new_output("stream", name=name, text=text)


# nbclient's own pattern: whatever stands in a line before a carriage return that does not end it.
OVERWRITTEN = re.compile(r".*\r(?=[^\n])")


@given(st.lists(st.text(alphabet="ab\r\n", max_size=6), min_size=1, max_size=5))
def test_streams_are_joined_as_nbclient_joins_them(pieces):
    (joined,) = output.joined_streams([stream("stdout", text) for text in pieces])
    assert joined.text == OVERWRITTEN.sub("", "".join(pieces))


def test_stdout_comes_before_stderr_and_other_outputs_stay_between():
    shown = new_output("display_data", {"text/plain": "figure"})
    both = [stream("stderr", "e"), stream("stdout", "1"), shown, stream("stdout", "2")]
    found = output.joined_streams(both)
    assert [(one.get("name"), one.get("text")) for one in found] == [
        ("stdout", "12"),
        ("stderr", "e"),
        (None, None),
    ]
