"""What the code of a notebook tells before it is run."""

import pytest

from hubusers.lab.cell_code import Comes, ask_for_input, what_comes

AGAIN, DIFFERENTLY, SOMETIME = Comes


@pytest.mark.parametrize(
    ("cells", "comes"),
    [
        (["1 + 2", "print('a')", "def f(x):\n    return x"], [AGAIN] * 3),
        (["import random", "random.random()"], [AGAIN, DIFFERENTLY]),
        (["import random as r\nx = r.randint(1, 6)", "y = x + 1", "y", "y = 2", "y"], [DIFFERENTLY] * 3 + [AGAIN] * 2),
        (["from random import *\nrandint(1, 6)"], [DIFFERENTLY]),
        (["import random\nrandom.seed(1)", "random.random()"], [AGAIN, AGAIN]),
        (["import random\nrandom.seed()", "random.random()"], [DIFFERENTLY, DIFFERENTLY]),
        (["import numpy as np\nnp.random.rand(3)", "np.arange(3)"], [DIFFERENTLY, AGAIN]),
        (
            ["rng = np.random.default_rng(42)\nrng.normal()", "other = np.random.default_rng()", "other.normal()"],
            [AGAIN, DIFFERENTLY, DIFFERENTLY],
        ),
        (["import random\ndef roll():\n    return random.randint(1, 6)", "roll()"], [AGAIN, DIFFERENTLY]),
        (
            ["import random\nrolls = []\nfor _ in range(3):\n    rolls.append(random.random())", "len(rolls)"],
            [DIFFERENTLY, DIFFERENTLY],
        ),
        (["cards = [1, 2]\nfrom random import shuffle\nshuffle(cards)", "cards"], [DIFFERENTLY, DIFFERENTLY]),
        (["table.sample(3)", "table.group('a')"], [DIFFERENTLY, AGAIN]),
        (
            ["from sklearn.cluster import KMeans", "KMeans(3).fit(X)", "KMeans(3, random_state=1).fit(X)"],
            [AGAIN, DIFFERENTLY, AGAIN],
        ),
        (["import time\ntime.sleep(1)\nprint('done')", "time.time()"], [AGAIN, DIFFERENTLY]),
        (["from time import sleep, time", "sleep(1)", "time()"], [AGAIN, AGAIN, DIFFERENTLY]),
        (["from datetime import datetime\ndatetime(2015, 7, 4)", "datetime.now()"], [AGAIN, DIFFERENTLY]),
        (
            ["id(x)", "import os\nos.getpid()", "import uuid", "uuid.uuid4()"],
            [DIFFERENTLY, DIFFERENTLY, AGAIN, DIFFERENTLY],
        ),
        (
            [
                "import pandas as pd\nurl = 'https://example.org/data.csv'",
                "pd.read_csv(url)",
                "pd.read_csv('data.csv')",
            ],
            [DIFFERENTLY, DIFFERENTLY, AGAIN],
        ),
        (
            ["!ls", "files = !ls", "files", "%pip install x", "%matplotlib inline\n1", "%%bash\nls", "%%html\n<b>"],
            [DIFFERENTLY] * 4 + [AGAIN, DIFFERENTLY, AGAIN],
        ),
        (
            ["%%time\n1 + 1", "%timeit -n 10 f(x)", "%time y = time.time()", "y", "%%capture out\nprint(1)"],
            [AGAIN, AGAIN, DIFFERENTLY, DIFFERENTLY, AGAIN],
        ),
        (["for x in y:\n    %timeit x", "len?", "?len", "await job()", "'\\d'", "1 +"], [AGAIN] * 5 + [DIFFERENTLY]),
        (["import threading\nthreading.Thread(target=f).start()", "task = asyncio.create_task(f())"], [SOMETIME] * 2),
        (["", "\0", "(" * 5000], [AGAIN, DIFFERENTLY, DIFFERENTLY]),
    ],
)
def test_what_comes_when_cells_are_run_again(cells: list[str], comes: list[Comes]) -> None:
    assert what_comes(cells) == comes


def test_of_other_languages_it_cannot_be_told() -> None:
    assert what_comes(["x <- 1"], "R") == [DIFFERENTLY]
    assert what_comes(["x = 1"], "ipython") == [AGAIN]


@pytest.mark.parametrize(
    ("cell", "asks"),
    [
        ("name = input('Your name? ')", True),
        ("if True:\n    int(input())", True),
        ("from getpass import getpass\ngetpass()", True),
        ("import getpass\ngetpass.getpass('Token: ')", True),
        ("%time input()", True),
        ("def ask():\n    return input()", False),
        ("ask = lambda: input()", False),
        ("input = iter('abc').__next__\ninput()", False),
        ("form.input()", False),
        ("'input()'", False),
        ("# input()", False),
        ("!input()", False),
    ],
)
def test_who_asks_for_input(cell: str, asks: bool) -> None:
    assert ask_for_input(["1", cell]) == [False, asks]


def test_a_name_of_ones_own_does_not_ask_in_later_cells_either() -> None:
    assert ask_for_input(["input()", "def input():\n    return 1", "input()"]) == [True, False, False]
