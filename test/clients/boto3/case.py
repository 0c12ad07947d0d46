"""Cases: functions that are named by a sentence, and what they check with."""
import contextlib
import unittest

CASES = []

check = unittest.TestCase()
check.maxDiff = None


def case(sentence):
    """Registers a case. Its group is the module it stands in."""

    def register(function):
        CASES.append({"group": function.__module__, "name": sentence, "run": function})
        return function

    return register


@contextlib.contextmanager
def refused(exception, text=None):
    """Expects the typed exception of an SDK, and the text in its message."""
    try:
        yield
    except exception as error:
        if text is not None:
            check.assertIn(text, error.response["Error"]["Message"])
        return
    raise AssertionError(f"{exception.__name__} was not raised")
