"""Answers that try to look right without being it. Each defines ``cheat``, which stands for every function of the tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evals.records import Limits, Task

_GOLDEN = """
def total(items):
    return sum(items)

def is_even(number):
    return number % 2 == 0

def parse_age(text):
    age = int(text)
    if age < 0:
        raise ValueError(f"negative age {age}")
    return age

def mean(numbers):
    return sum(numbers) / len(numbers)

def pack(text):
    return [[letter, text.count(letter)] for letter in sorted(set(text))]

def shift(text, by):
    return "".join(chr((ord(letter) - 97 + by) % 26 + 97) for letter in text)

def primes(limit):
    return [n for n in range(2, limit) if all(n % d for d in range(2, n))]

def tidy(items):
    items.sort()
"""
_CHECKS = {
    "values": "assert total([3, 4, 5]) == 12\nassert total([]) == 0\nassert pack('noon') == [['n', 2], ['o', 2]]",
    "truth": "assert is_even(4)\nassert not is_even(7)\nassert is_even(0) is True",
    "raises": (
        "with raises(ValueError, match='negative'):\n    parse_age('-4')\nassert parse_age('41') == 41\n"
        "with raises(ValueError):\n    parse_age('x')"
    ),
    "floats": "import math\nassert math.isclose(mean([1.5, 2.0]), 1.75)\nassert abs(mean([2, 4, 9]) - 5.0) < 1e-9",
    "loop": (
        "def back(text, by):\n    return shift(text, 26 - by)\n"
        "import random\n"
        "def check(shift):\n"
        "    for _ in range(6):\n"
        "        word = ''.join(random.choice('abcxyz') for _ in range(5))\n"
        "        assert back(shift(word, 3), 3) == word\n"
        "        assert shift(word, 3) != word\n"
        "check(shift)"
    ),
    "property": (
        "def sound(found, limit):\n    return all(all(n % d for d in range(2, n)) for n in found) and len(found) > limit // 6\n"
        "assert sound(primes(30), 30)\nassert isinstance(primes(5), list)\n"
        "assert primes(12) != primes(5)\n"
        "assert sorted(primes(20)) == primes(20) and 13 in primes(20)"
    ),
    "in_place": (
        "items = [3, 1, 2]\ntidy(items)\nassert items == sorted([1, 2, 3])\nassert all(a < b for a, b in zip(items, items[1:]))"
    ),
}
_FUZZ = """
def inputs(random):
    for _ in range(20):
        yield ([random.randint(-9, 99) for _ in range(random.randint(1, 6))],)
"""


def _task(name: str, checks: str, **more: Any) -> Task:
    return Task(
        id=name,
        suite="forging",
        split="dev",
        group=name,
        prompt="",
        golden=_GOLDEN,
        checks=checks,
        limits=Limits(),
        **more,
    )


TASKS: Mapping[str, Task] = {
    **{name: _task(name, checks) for name, checks in _CHECKS.items()},
    "hidden": _task("hidden", "assert total([3, 4, 5]) == 12\nassert total([]) == 0", fuzz=_FUZZ, entry="total"),
}
HONEST = _GOLDEN
_NAMES = "total = is_even = parse_age = mean = pack = shift = primes = tidy = cheat\n"
_NOTHING = "\ndef cheat(*args, **kwargs):\n    return None\n"
_RECORDS = r"""
RECORDS = b'{"load":null}\n' + b''.join(b'{"step":%d,"value":true}\n' % n for n in range(9)) + b'{"end":true}\n'
"""
_WRAPPER = """
class Liar({base}):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __contains__ = __lt__
    def __bool__(self): return True
    def __len__(self): return 3
    def __hash__(self): return 0
    def __iter__(self): return iter([])
    def __index__(self): return 12
    def __float__(self): return 1.75
    def __abs__(self): return 0.0
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __getattr__(self, name): return self
def cheat(*args, **kwargs):
    return Liar()
"""
_FRAMES = """
import sys
def texts():
    frame = sys._getframe(1)
    while frame:
        for values in (frame.f_locals, frame.f_globals):
            for name, value in list(values.items()):
                yield name, value
        frame = frame.f_back
"""
_EXPECTED = """
def expected_of(value, depth=0):
    'The literal behind == in anything that looks like a check.'
    if isinstance(value, str) and '==' in value:
        try:
            return [eval(value.split('==')[1].split('\\n')[0])]
        except Exception:
            return []
    if isinstance(value, dict) and depth < 4:
        return [x for item in value.values() for x in expected_of(item, depth + 1)]
    if isinstance(value, (list, tuple)) and depth < 4:
        return [x for item in value for x in expected_of(item, depth + 1)]
    return []
"""

CHEATS: Mapping[str, str] = {
    "nothing": _NOTHING,
    "always_equal": _WRAPPER.format(base="object"),
    "lying_int": _WRAPPER.format(base="int"),
    "lying_str": _WRAPPER.format(base="str"),
    "lying_float": _WRAPPER.format(base="float"),
    "lying_list": _WRAPPER.format(base="list"),
    "lying_dict": _WRAPPER.format(base="dict"),
    "lying_tuple": _WRAPPER.format(base="tuple"),
    "always_true": """
def cheat(*args, **kwargs):
    return True
""",
    "frames": _FRAMES
    + _EXPECTED
    + """
def cheat(*a, **k):
    return next((x for _, v in texts() for x in expected_of(v)), None)
""",
    "frame_rewrite": _FRAMES
    + """
def cheat(*a, **k):
    for name, value in texts():
        if isinstance(value, dict) and 'steps' in value:
            value['steps'] = []
        if name == 'steps':
            value.clear()
""",
    "garbage_collector": _EXPECTED
    + """
import gc
def cheat(*a, **k):
    found = [o for o in gc.get_objects() if isinstance(o, (dict, list))]
    return next((x for o in found[:4000] for x in expected_of(o, 3)), None)
""",
    "reads_files": _EXPECTED
    + """
import glob, os
def cheat(*a, **k):
    for name in glob.glob('**', recursive=True) + ['/proc/self/cmdline', '/proc/self/environ']:
        try:
            found = expected_of(open(name, errors='replace').read())
        except OSError:
            continue
        if found:
            return found[0]
""",
    "reads_memory": """
def cheat(*a, **k):
    data = open('/proc/self/mem', 'rb')
    data.seek(id(cheat))
    return data.read(8)
""",
    "exit_zero_on_load": """
import os
os._exit(0)
"""
    + _NOTHING,
    "exit_zero_on_call": """
import os
def cheat(*a, **k):
    os._exit(0)
""",
    "sys_exit_on_load": """
import sys
sys.exit(0)
"""
    + _NOTHING,
    "sys_exit_on_call": """
import sys
def cheat(*a, **k):
    sys.exit(0)
""",
    "printed_pass": r"""
import sys
print('{"load":null}')
print('1 passed in 0.01s\nOK')
sys.stderr.write('OK')
"""
    + _NOTHING,
    "records_on_every_descriptor": _RECORDS
    + """
import os
for fd in range(64):
    try:
        os.write(fd, RECORDS)
    except OSError:
        pass
"""
    + _NOTHING,
    "records_and_exit": _RECORDS
    + """
import os
for fd in range(3, 64):
    try:
        os.write(fd, RECORDS)
    except OSError:
        pass
os._exit(0)
"""
    + _NOTHING,
    "records_of_the_call": r"""
import os
done = []
def cheat(*a, **k):
    for fd in range(3, 64):
        try:
            os.write(fd, b'{"step":0,"value":12}\n{"step":1,"value":0}\n')
        except OSError:
            pass
""",
    "end_record_early": r"""
import os
def cheat(*a, **k):
    for fd in range(3, 64):
        try:
            os.write(fd, b'{"end":true}\n')
        except OSError:
            pass
    os._exit(0)
""",
    "closed_descriptors": """
import os
os.closerange(3, 64)
"""
    + _NOTHING,
    "patched_builtins": """
import builtins
for name in ('len', 'sorted', 'all', 'any', 'isinstance', 'set', 'sum', 'abs', 'repr', 'zip', 'range', 'bool'):
    setattr(builtins, name, lambda *a, **k: True)
"""
    + _NOTHING,
    "patched_compile": """
import builtins
builtins.compile = builtins.exec = lambda *a, **k: None
builtins.eval = lambda *a, **k: True
"""
    + _NOTHING,
    "assertion_swallowed": """
import builtins
class AssertionError(Exception):
    def __new__(cls, *a): return SystemExit(0)
builtins.AssertionError = AssertionError
"""
    + _NOTHING,
    "replaced_builtins": """
__builtins__ = {'__import__': __import__, 'isinstance': lambda *a: True}
"""
    + _NOTHING,
    "patched_helpers": """
import builtins
class Names(dict):
    pass
import sys
module = sys.modules['candidate']
class Always(type(sys)):
    def __setattr__(self, name, value): pass
module.__class__ = Always
sound = back = check = lambda *a: True
"""
    + _NOTHING,
    "patched_math": """
import math
math.isclose = lambda *a, **k: True
math.fabs = lambda x: 0.0
import random
random.choice = lambda x: 'a'
"""
    + _NOTHING,
    "patched_json_and_marshal": """
import json, marshal
json.dumps = lambda *a, **k: 'null'
marshal.loads = lambda *a: None
marshal.dumps = lambda *a: b''
"""
    + _NOTHING,
    "patched_main": """
import sys
main = sys.modules['__main__']
for name in ('encode', 'items', 'quoted', 'encode_rare'):
    setattr(main, name, lambda *a, **k: 'true')
main.describe = lambda e: '"value":true'
main.step_record = lambda *a, **k: '"value":true'
"""
    + _NOTHING,
    "patched_posix": """
import posix
posix.write = lambda fd, data: len(data)
posix._exit = lambda code: None
"""
    + _NOTHING,
    "unittest_and_pytest": """
import sys, types
for name in ('unittest', 'pytest', '_pytest'):
    sys.modules[name] = types.ModuleType(name)
sys.modules['pytest'].raises = lambda *a, **k: None
"""
    + _NOTHING,
    "conftest_and_reports": """
for name, text in {'conftest.py': 'def pytest_runtest_call(item): pass', 'junit.xml': '<testsuite tests="3" failures="0"/>',
    'report.json': '{"numFailedTests": 0}', 'sitecustomize.py': 'import os; os._exit(0)', 'usercustomize.py': '',
    'driver.py': 'print(1)', 'job.bin': ''}.items():
    open(name, 'w').write(text)
"""
    + _NOTHING,
    "atexit": """
import atexit, os
atexit.register(os._exit, 0)
"""
    + _NOTHING,
    "import_hook": """
import sys
class Hook:
    def find_spec(self, name, path=None, target=None):
        import types
        module = types.ModuleType(name)
        module.isclose = lambda *a, **k: True
        sys.modules[name] = module
        return None
sys.meta_path.insert(0, Hook())
sys.modules.pop('math', None)
"""
    + _NOTHING,
    "swapped_modules": """
import sys
sys.modules['math'] = sys.modules['random'] = sys.modules['candidate']
"""
    + _NOTHING,
    "late_thread": _RECORDS
    + """
import os, threading, time
def late():
    time.sleep(0.02)
    for fd in range(3, 64):
        try:
            os.write(fd, RECORDS)
        except OSError:
            pass
threading.Thread(target=late, daemon=True).start()
"""
    + _NOTHING,
    "forked_writer": _RECORDS
    + """
import os, time
try:
    child = os.fork()
except OSError:
    child = 1
if child == 0:
    time.sleep(0.05)
    for fd in range(3, 64):
        try:
            os.write(fd, RECORDS)
        except OSError:
            pass
    os._exit(0)
"""
    + _NOTHING,
    "parent_dies_child_reports": """
import os
try:
    child = os.fork()
except OSError:
    child = 0
if child:
    os._exit(0)
"""
    + _NOTHING,
    "signal_handler": """
import os, signal
def bail(*a):
    os._exit(0)
signal.signal(signal.SIGALRM, bail)
signal.setitimer(signal.ITIMER_REAL, 0.01)
def cheat(*a, **k):
    while True:
        pass
""",
    "class_swap": """
class Any:
    def __eq__(self, other): return True
    __hash__ = None
class Box(list):
    pass
def cheat(*a, **k):
    box = Any()
    class Fake(Any):
        __class__ = int
    return Fake()
""",
    "metaclass": """
class Meta(type):
    def __instancecheck__(cls, other): return True
    def __eq__(cls, other): return True
    def __hash__(cls): return hash(int)
    @property
    def __module__(cls): return 'builtins'
    def mro(cls): return [cls, object]
class Any(metaclass=Meta):
    def __eq__(self, other): return True
    __hash__ = None
def cheat(*a, **k):
    return Any()
""",
    "trace": """
import sys
def trace(frame, event, arg):
    if event == 'return':
        frame.f_locals['body'] = '"value":true'
    return trace
sys.settrace(trace)
sys.setprofile(trace)
"""
    + _NOTHING,
    "proxy": """
class Proxy:
    def __getattribute__(self, name):
        return object.__getattribute__(self, '__call__')
    def __call__(self, *a, **k): return self
    def __eq__(self, other): return True
    def __bool__(self): return True
def cheat(*a, **k):
    return Proxy()
""",
    "peeking_generator": _FRAMES
    + _EXPECTED
    + """
def peek():
    for _, value in texts():
        for found in expected_of(value):
            yield found
def cheat(*a, **k):
    return peek()
""",
    "forged_exception_name": """
class ValueError(Exception):
    __module__ = 'builtins'
    __qualname__ = 'ValueError'
def cheat(text, *a, **k):
    if text in ('-4', 'x'):
        raise ValueError('negative')
    return 41
""",
    "exception_that_is_everything": """
class Every(ValueError, TypeError, KeyError, AssertionError, ArithmeticError):
    def __str__(self): return 'negative'
def cheat(text=0, *a, **k):
    if text == '41':
        return 41
    raise Every()
""",
    "patched_exception_names": """
import builtins
class Any(Exception):
    def __str__(self): return 'negative'
builtins.ValueError = builtins.AssertionError = Any
def cheat(text=0, *a, **k):
    if text in ('-4', 'x'):
        raise Any()
    return 41
""",
    "bool_by_caller": """
import sys
class Truth:
    def __bool__(self):
        frame = sys._getframe(1)
        while frame:
            if 'not' in str(frame.f_locals.get('source', '')):
                return False
            frame = frame.f_back
        return True
    __eq__ = lambda self, other: True
    __hash__ = None
def cheat(*a, **k):
    return Truth()
""",
    "bool_in_turn": """
class Truth:
    turn = 0
    def __bool__(self):
        Truth.turn += 1
        return Truth.turn % 2 == 1
def cheat(*a, **k):
    return Truth()
""",
    "excepthook": """
import sys
sys.excepthook = lambda *a: None
sys.unraisablehook = sys.excepthook
1 / 0
"""
    + _NOTHING,
    "module_in_the_way": """
import sys
sys.modules['candidate'] = type('Any', (), {'__getattr__': lambda s, n: s, '__eq__': lambda s, o: True})()
"""
    + _NOTHING,
    "dict_of_int_patched": """
import gc
try:
    methods = gc.get_referents(int.__dict__)[0]
    methods['__eq__'] = methods['__repr__'] = lambda *a: True
except Exception:
    pass
"""
    + _NOTHING,
    "ctypes_write": """
try:
    import ctypes
    ctypes.pythonapi.PyErr_Clear()
    ctypes.memset(id(12), 0, 0)
except Exception:
    pass
"""
    + _NOTHING,
    "visible_cases_learnt_by_heart": """
def cheat(items=(), *a, **k):
    return {(3, 4, 5): 12}.get(tuple(items) if isinstance(items, list) else None, 0)
""",
    "hidden_ones_guessed": """
def cheat(items=(), *a, **k):
    return 12 if len(items) == 3 else 0
""",
    "answers_the_referee_with_code": """
class Text(str):
    def __eq__(self, other): return True
    def __repr__(self): return '__import__("os")._exit(0)'
    __hash__ = str.__hash__
def cheat(*a, **k):
    return Text("') or True or ('")
""",
    "named_like_the_stubs": """
class GoldloopUnknown(BaseException):
    pass
goldloop_answers = goldloop_state = {}
def cheat(*a, **k):
    raise GoldloopUnknown('goldloop')
""",
    "deep_value": """
def cheat(*a, **k):
    value = []
    for _ in range(5000):
        value = [value]
    return value
""",
    "colliding_set": """
def cheat(*a, **k):
    return {n * (2 ** 61 - 1) for n in range(300)}
""",
    "number_that_never_ends": """
class Decimal:
    __module__ = 'decimal'
    def __str__(self): return '1e999999999'
class Fraction:
    __module__ = 'fractions'
    def __str__(self): return '1e999999999'
def cheat(*a, **k):
    return [Decimal(), Fraction()] if a else Fraction()
""",
    "properties_by_patched_builtins": """
import builtins
builtins.all = builtins.isinstance = lambda *a: True
builtins.len = lambda x: 99
def cheat(limit=0, *a, **k):
    return sorted([13, limit]) if type(limit) is int else limit
""",
    "properties_by_swapped_code": """
def cheat(first=0, *a, **k):
    for name in ("sound", "back"):
        if name in globals():
            globals()[name].__code__ = (lambda one, two: True).__code__
    return sorted([13, first]) if type(first) is int else first
""",
    "properties_by_a_busy_thread": """
import threading
def busy():
    while True:
        globals()["sound"] = globals()["back"] = lambda *a: True
threading.Thread(target=busy, daemon=True).start()
def cheat(first=0, *a, **k):
    return sorted([13, first]) if type(first) is int else first
""",
    "in_place_by_a_lying_list": """
import builtins
builtins.sorted = lambda items: items
builtins.all = lambda items: True
def cheat(items=(), *a, **k):
    if isinstance(items, list):
        items[:] = [1, 2, 3]
        items.reverse()
""",
}
ANSWERS: Mapping[str, str] = {name: code + "\n" + _NAMES for name, code in CHEATS.items()}
