"""The learning management system (LMS) that hubusers plays for a hub: an LTI platform, as its file describes it."""

import tomllib
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hubusers.how_installed import this_installation
from hubusers.private_files import warn_if_others_can_read

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

Lms = Literal["moodle", "canvas"]

USERNAME = "{username}"
"""What stands for the name of the person's account in a field."""

_MAKE_ONE = "`hubusers lti FILE` makes a new one"


class PlatformError(ValueError):
    """The file of an LTI platform cannot be used; the text is a sentence that says what to do."""


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address that begins with https://")
    return text


Address = Annotated[str, AfterValidator(_web_address)]
NotEmpty = Annotated[str, Field(min_length=1)]


class _Platform(BaseModel):
    """What both versions of LTI have.

    Attributes:
        lms: Whose launches are sent: the fields of Moodle's and of Canvas's differ.
        fields: More fields of each launch, or others in place of those that it has anyway. `{username}` stands for the
            name of the person's account.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    lms: Lms = "moodle"
    fields: dict[str, str] = {}

    def fields_of(self, username: str) -> dict[str, str]:
        """Return the fields of the file for a person."""
        return {name: value.replace(USERNAME, username) for name, value in self.fields.items()}


class ToolConsumer(_Platform):
    """A platform of LTI 1.1, which signs launches with a secret that it shares with the hub."""

    version: Literal["1.1"]
    consumer_key: NotEmpty
    shared_secret: NotEmpty = Field(repr=False)

    @property
    def address(self) -> str:
        """Where people come from: nothing answers there."""
        return "https://hubusers.invalid"


class Platform(_Platform):
    """A platform of LTI 1.3, which signs who somebody is with a key of its own.

    Attributes:
        issuer: Its name, an address.
        client_id: The hub's name on it.
        deployment_id: The name of the place where the hub is installed on it.
        authorize_url: Where a hub sends people to be told who they are. Nothing answers there: the person's browser
            reads what the hub asks, and gives the platform's answer itself.
        key_id: The name of its key.
        private_key: The key, in PEM.
    """

    version: Literal["1.3"]
    issuer: Address
    client_id: NotEmpty
    deployment_id: NotEmpty = "1"
    authorize_url: Address
    key_id: NotEmpty
    private_key: NotEmpty = Field(repr=False)

    @property
    def address(self) -> str:
        """Where people come from."""
        return self.authorize_url

    @cached_property
    def key(self) -> "RSAPrivateKey":
        """The key, ready to sign.

        Raises:
            ValueError: It is not an RSA key in PEM without a password.
        """
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        key = load_pem_private_key(self.private_key.encode(), password=None)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("private_key is not an RSA key")
        return key

    @property
    def jwks(self) -> dict[str, Any]:
        """The public half of the key, as a hub asks for it: a JSON Web Key Set."""
        from jwt.algorithms import RSAAlgorithm

        public = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self.key_id, "use": "sig", "alg": "RS256"}]}


AnyPlatform = ToolConsumer | Platform

_ADAPTER: TypeAdapter[AnyPlatform] = TypeAdapter(Annotated[AnyPlatform, Field(discriminator="version")])


def missing_libraries(error: ImportError) -> PlatformError:
    """Return the error for an environment without the libraries that sign launches."""
    return PlatformError(this_installation().without("lti", "LTI launches need", error))


@lru_cache(maxsize=4)
def read_platform(file: str) -> AnyPlatform:
    """Read the file of a platform.

    Raises:
        PlatformError: It cannot be read or used, or a library is missing that signs launches. The text never quotes a
            secret.
    """
    warn_if_others_can_read(file)
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PlatformError(f"The LTI file {file} cannot be read: {error.strerror}; {_MAKE_ONE}.") from None
    except UnicodeDecodeError:
        raise PlatformError(f"The LTI file {file} is not text in UTF-8; {_MAKE_ONE}.") from None
    try:
        platform = _ADAPTER.validate_python(tomllib.loads(text))
        if isinstance(platform, Platform):
            import jwt  # noqa: F401  # now, and not when the first person comes

            _ = platform.key
        else:
            import oauthlib.oauth1  # noqa: F401
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part not in {"1.1", "1.3"})
        raise PlatformError(f"The LTI file {file}: {where or 'version'}: {first['msg']}; {_MAKE_ONE}.") from None
    except ImportError as error:
        raise missing_libraries(error) from None
    except tomllib.TOMLDecodeError as error:
        raise PlatformError(f"The LTI file {file} is not TOML: {error}; {_MAKE_ONE}.") from None
    except (ValueError, TypeError):
        raise PlatformError(
            f"The LTI file {file}: private_key is not an RSA key in PEM, without a password; {_MAKE_ONE}."
        ) from None
    return platform
