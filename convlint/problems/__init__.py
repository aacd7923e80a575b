"""The vocabulary: one frozen class per kind of fault, one module per group of codes.

A Problem is a fact, stated by whichever front end met it. It names the user's own things
and the numbers that contradict each other; it holds no prose, no severity and no syntax.
The rule pages in ``rules/`` say which code judges it and how it reads.
"""

from convlint.problems.arguments import *
from convlint.problems.base import *
from convlint.problems.channels import *
from convlint.problems.data import *
from convlint.problems.generations import *
from convlint.problems.layout import *
from convlint.problems.own import *
from convlint.problems.porting import *
from convlint.problems.saved import *
from convlint.problems.symbolic import *
from convlint.problems.usage import *
