"""The errors a user can meet. A message names the problem, its place and the way out.

What does not belong here: programming errors. Those stay ordinary exceptions and end in a traceback.
"""


class AssayError(Exception):
    """Root of every error that is reported to the user as a message, never as a traceback."""

    exit_code = 1


class BadInput(AssayError):
    """`audit.yaml` or the command line says something that cannot be meant."""

    exit_code = 2


class SourceRejected(AssayError):
    """An input is permanently unusable (wrong format, cut file, missing column). Retrying will not help.

    `uri` names the input; the message carries the line, row or column where one is known, and the fix.
    """

    exit_code = 2

    def __init__(self, uri: str, reason: str, fix: str = "") -> None:
        self.uri, self.reason, self.fix = uri, reason, fix
        super().__init__(f"{uri}: {reason}" + (f" — {fix}" if fix else ""))

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        return type(self), (self.uri, self.reason, self.fix)


class SourceMissing(SourceRejected):
    """The location that audit.yaml names does not exist. The audit goes on; what it would feed is unknown."""


class SourceUnavailable(AssayError):
    """A live source did not answer after retries. Running again later may succeed."""


class LakeBusy(AssayError):
    """Another process holds the lock that this step needs."""


class LakeUnavailable(AssayError):
    """The bucket of a shared lake did not answer, or refused; the home's copy is as it was."""


class LakeDamaged(AssayError):
    """An object of a shared lake is absent, or is not what its manifest says; the home keeps its last good day."""


class LakeOutdated(AssayError):
    """A committed day has other columns than its table has now, and was not read again; the last good marts stay."""


class PublishRefused(AssayError):
    """A critical check failed; the last good marts and documents stay in place."""
