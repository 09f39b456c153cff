"""The door for people: finds the commands and ends with their exit status."""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import sys

import click

from . import commands
from .commands.exits import INTERRUPTED, SOME_FAILED, WRONG_INPUT
from .commands.printing import print_error, print_remark
from .core.errors import InputError, ResourceError


class Commands(click.Group):
    """The modules of ``paribus.commands`` that define a ``command``, imported when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return [name for name in modules() if self.get_command(ctx, name) is not None]

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command, None where there is none of this name."""
        if cmd_name not in modules():
            return None
        module = importlib.import_module(f"{commands.__name__}.{cmd_name}")
        command: click.Command | None = getattr(module, "command", None)
        return command


def modules() -> list[str]:
    """Return the names of the modules that may hold a command."""
    return sorted(module.name for module in pkgutil.iter_modules(commands.__path__))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="paribus")
def cli() -> None:
    """Study training: many small networks side by side, all else equal."""


def main() -> None:
    """Run the command line; a user's mistake is one line per mistake, never a traceback."""
    try:
        cli.main(prog_name="paribus", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        print_remark("interrupted")
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(WRONG_INPUT)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except InputError as error:
        for message in error.messages:
            print_error(message)
        sys.exit(WRONG_INPUT)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(SOME_FAILED)
    except ResourceError as error:
        print_error(str(error))
        sys.exit(SOME_FAILED)
    except OSError as error:
        with contextlib.suppress(OSError):
            sys.stdout.close()
        print_error(str(error))
        sys.exit(SOME_FAILED)
    except MemoryError as error:
        print_error(f"not enough memory: {error}")
        sys.exit(SOME_FAILED)


if __name__ == "__main__":
    main()
