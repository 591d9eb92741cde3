"""One person's browser, and the hub's pages in it.

What can go wrong there, beside what `hubusers/hub/errors.py` draws:

    HubUsersError
      HubError
        LoginBroken          what should be the login is an error, or another page
        SessionLost          the hub asks people to log in again who were logged in
        RedirectLoop         the hub and what stands before it lead in circles
        ServerUnreachable    the hub says that the server is ready, and it does not answer at its address
        WebsocketRefused     the handshake failed: a status other than 101, or no answer at all
      WebsocketLost          an open websocket broke off, was closed by the other side, or is closed here
      LoginFailed            the hub does not let this person in
        LoginRefused         it says so
          ProviderRefused    an identity provider says so
        LoginElsewhere       it leaves logins to another service, into whose pages nothing can be typed from here
      ProviderFailed         an identity provider did not answer, or with an error
      UnknownOption          the spawn form does not offer what was to be chosen
      FormNotSent            a browser would not send the spawn form, because of a value that is missing or wrong
      ServerNotRunning       the server's page says so, and offers to start it

Their `detail` is a line for the log, as of all these errors: it says what was being done, and has no full stop.
"""

from typing import TYPE_CHECKING

from hubusers.late_files import file_of

if not TYPE_CHECKING:
    __getattr__ = file_of(__name__)
