"""What the words of a button, or of a link, are for: to go on, to go back, to sign in.

Words are those of Keycloak, Dex, Shibboleth, SimpleSAMLphp, CAS, LemonLDAP::NG, Zitadel, Canaille, oidc-provider and
Django, in the languages of many universities.
"""

import re
from typing import Any

_GOES_ON = re.compile(
    r"\b(accept|allow|authori[sz]e|approve|agree|grant|consent|continue|proceed|confirm|yes|ok|submit|next|skip"
    r"|zustimmen|akzeptieren|erlauben|zulassen|weiter|fortfahren|best[äa]tigen|ja|einverstanden|[üu]berspringen"
    r"|accepter|autoriser|continuer|poursuivre|confirmer|oui|aceptar|permitir|autorizar|continuar|confirmar|s[íi]|sim"
    r"|accetta|consenti|continua|conferma|akkoord|toestaan|doorgaan|godk[äa]nn|forts[äa]tt|godta|tillat)\b"
    r"|同意|允许|允許|授权|授權|继续|繼續|确认|確認|许可|許可|続行|동의|허용|계속",
    re.IGNORECASE,
)
_GOES_BACK = re.compile(
    r"\b(reject\w*|den(y|ied)|declin\w*|cancel|refus\w*|disagree|don.?t|do not|no|not|back|log[ -]?out|sign[ -]?out"
    r"|switch|another|different|help|forgot\w*|reset|restart|register"
    r"|ablehnen|abbrechen|nein|zur[üu]ck|abmelden|annuler|refuser|non|retour|rechazar|cancelar|rifiuta|annulla)\b"
    r"|拒绝|拒絕|取消|返回|退出",
    re.IGNORECASE,
)
_SIGNS_IN = re.compile(
    r"\b(sign|log)[ -]?(in|on)\b|\blogin\b|\bcontinue with\b|\banmelden\b|\beinloggen\b|se connecter|connexion"
    r"|iniciar sesi[óo]n|entrar|accedi|登录|登錄|登入|ログイン",
    re.IGNORECASE,
)
_SIGNS_UP = re.compile(
    r"\b(sign[ -]?up|create (an |a new )?account|registrieren|s.inscrire|registrarse)\b|注册|註冊",
    re.IGNORECASE,
)


def goes_on(says: str) -> bool:
    """Say whether somebody who presses this accepts, confirms, or goes on."""
    return bool(_GOES_ON.search(says)) and not goes_back(says)


def goes_back(says: str) -> bool:
    """Say whether somebody who presses this refuses, or does something else."""
    return bool(_GOES_BACK.search(says))


def signs_in(says: str) -> bool:
    """Say whether this leads to a way to sign in."""
    return bool(_SIGNS_IN.search(says)) and not goes_back(says)


def text_of_button(button: Any) -> str:
    """Return what a button says to people; "" where it says nothing."""
    text = " ".join(button.text_content().split()) if button.tag == "button" else button.get("value") or ""
    return text or button.get("aria-label") or button.get("alt") or button.get("title") or ""


def button_that_signs_in(buttons: list[Any]) -> Any:
    """Return the button of a login form that a person presses; None where there is none.

    That is the first one, which the key Enter presses, unless its words are for something else, such as to cancel, or
    for people who have no account.
    """
    for button in buttons:
        says = f"{text_of_button(button)} {button.get('name') or ''}".replace("_", " ")
        if not goes_back(says) and not _SIGNS_UP.search(says):
            return button
    return buttons[0] if buttons else None
