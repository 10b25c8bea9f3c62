"""What a provider signed, and whether that is so: by a key of its own, for us, for this log-in, at this moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from joserfc.jwk import ECKey, RSAKey

from connector.systems.kept import Kept
from connector.web.login.oidc.refusals import away, not_proven

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Those for which only the provider has the key: none that our own secret, or nothing at all, would do for."""

LEEWAY_SECONDS = 60
"""So far the provider's clock may be from ours."""

KEPT_SECONDS, ANEW_SECONDS = 3600.0, 60.0
"""So long its keys are kept; and so old they are when a key that is not among them has them fetched anew."""

MOST_KEYS, LEAST_RSA_BITS = 100, 2048
LONGEST_TOKEN = 64 * 1024

SigningKey = RSAKey | ECKey


@dataclass(frozen=True, slots=True)
class Expected:
    """What has to stand in a token. ``now``: seconds since 1970."""

    issuer: str
    client_id: str
    nonce: str
    now: float


class ProviderKeys:
    """The keys that a provider publishes. Safe for several threads."""

    def __init__(self, fetch: Callable[[], Mapping[str, Any]], monotonic: Callable[[], float]) -> None:
        self._kept = Kept(lambda: _keys_of(fetch()), monotonic, KEPT_SECONDS)

    def find(self, kid: object, algorithm: str) -> SigningKey:
        """The key of that id; without one, the only key that fits. Raises NotLetIn."""
        for oldest in (None, ANEW_SECONDS):
            found = [
                key
                for key in self._kept.get(oldest)
                if kid in (None, key.kid) and key.key_type == ("EC" if algorithm.startswith("ES") else "RSA")
            ]
            if len(found) == 1:
                return found[0]
        raise not_proven("no key of the provider fits")


def claims_of(token: object, keys: ProviderKeys, expected: Expected) -> Mapping[str, Any]:
    """What a token says, once all of it is proven. Raises NotLetIn."""
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN or not token.isascii():
        raise not_proven("there is no token of a bearable size")
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError, RecursionError):
        raise not_proven("the token's form") from None
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise not_proven("the token's algorithm")
    key = keys.find(header.get("kid"), algorithm)
    try:
        proven = jwt.decode(token, key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError, RecursionError):
        raise not_proven("the token's signature") from None
    _require(proven, expected)
    return proven.claims


def _require(proven: jwt.Token, expected: Expected) -> None:
    options = {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client_id},
        "nonce": {"essential": True, "value": expected.nonce},
    }
    claims = proven.claims
    if any(not isinstance(claims.get(name), str) for name in ("iss", "nonce", "sub")) or not claims["sub"]:
        raise not_proven("iss, sub or nonce is missing")
    if any(type(claims[name]) not in (int, float) for name in ("exp", "iat", "nbf") if name in claims):
        raise not_proven("a moment that is none")
    checked = CodeIDToken(claims, proven.header, options, {"client_id": expected.client_id, "nonce": expected.nonce})
    try:
        checked.validate(now=int(expected.now), leeway=LEEWAY_SECONDS)
    except ExpiredTokenError:
        raise not_proven("it has expired: look at the clocks of both") from None
    except (InvalidClaimError, MissingClaimError) as error:
        raise not_proven(_claim(error)) from None
    except (JoseError, ValueError, TypeError):
        raise not_proven("a claim of the token") from None


def _claim(error: JoseError) -> str:
    """Which claim is wrong: by its name, where that is one of those that are looked at."""
    named = str(getattr(error, "claim", "") or error)
    return next(
        (f"its {name}" for name in ("iss", "aud", "azp", "nonce", "nbf", "iat", "exp") if name in named), "a claim"
    )


def _keys_of(published: Mapping[str, Any]) -> Sequence[SigningKey]:
    """The keys to verify with; what else is there, and what cannot be read, is left out."""
    listed = published.get("keys")
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise away("it publishes no list of keys")
    return [key for one in listed if isinstance(one, dict) and (key := _key_of(one)) is not None]


def _key_of(one: Mapping[str, Any]) -> SigningKey | None:
    if one.get("use", "sig") != "sig" or not isinstance(one.get("kid", ""), str):
        return None
    public = {name: one[name] for name in ("kty", "kid", "n", "e", "crv", "x", "y") if name in one}
    try:
        if one.get("kty") == "EC":
            return ECKey.import_key(public)
        if one.get("kty") == "RSA":
            key = RSAKey.import_key(public)
            return key if key.raw_value.key_size >= LEAST_RSA_BITS else None
    except (JoseError, ValueError, TypeError):
        return None
    return None
