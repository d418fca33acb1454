"""A person without a browser: cookies, CSRF, forms, over plain HTTP."""

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
import uuid

from django.conf import settings
from django.test import Client

from accounts.models import User


class Person:
    """Signs in and sends programs through the product's own URLs."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.cookies)
        )

    @classmethod
    def signed_in(cls, url: str, name: str, password: str) -> "Person":
        """Return a person who has used the log-in page."""
        person = cls(url)
        person.get("/accounts/login/")
        person.post("/accounts/login/", login=name, password=password)
        return person

    @classmethod
    def known(cls, url: str, user: User) -> "Person":
        """Return a person whose session stands in the database already.

        Sixty log-ins would measure the hashing of passwords.
        """
        client = Client()
        client.force_login(user)
        person = cls(url)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        person.cookies.set_cookie(_cookie(settings.SESSION_COOKIE_NAME, session))
        person.get("/")
        return person

    def get(self, path: str, *, by_htmx: bool = False) -> str:
        """Return a page's HTML; raise urllib's HTTPError for a refusal."""
        headers = {"HX-Request": "true"} if by_htmx else {}
        request = urllib.request.Request(self.url + path, headers=headers)
        with self.opener.open(request, timeout=60) as reply:
            return str(reply.read().decode())

    def post(self, path: str, **form: str) -> str:
        """Post a form with the CSRF token; return the address it led to."""
        token = next(c.value for c in self.cookies if c.name == "csrftoken")
        data = urllib.parse.urlencode(form | {"csrfmiddlewaretoken": token or ""})
        request = urllib.request.Request(
            self.url + path, data=data.encode(), headers={"Referer": self.url + "/"}
        )
        with self.opener.open(request, timeout=60) as reply:
            return str(reply.geturl())

    def post_program(self, lab: str, source: str) -> str:
        """Send a submit in; return its public id."""
        address = self.post(
            f"/labs/{lab}/send/",
            kind="submit",
            language="sql",
            source=source,
            key=str(uuid.uuid4()),
        )
        found = re.search(r"/attempts/([0-9a-f-]{36})/", address)
        if found is None:
            raise RuntimeError(f"the submit led to {address}")
        return found.group(1)

    def asks_again(self, public_id: str) -> float | None:
        """Ask for the status fragment as the page does.

        Without htmx's header the answer is the whole page, at 26 ms for 10 ms.
        Returns in how many seconds the page would ask anew, None when it would not.
        """
        text = self.get(f"/attempts/{public_id}/status/?place=lab", by_htmx=True)
        found = re.search(r'class="live"[^>]*hx-trigger="every (\d+)s"', text)
        return None if found is None else float(found.group(1))


def _cookie(name: str, value: str) -> http.cookiejar.Cookie:
    return http.cookiejar.Cookie(
        version=0,
        name=name,
        value=value,
        port=None,
        port_specified=False,
        domain="127.0.0.1",
        domain_specified=False,
        domain_initial_dot=False,
        path="/",
        path_specified=True,
        secure=False,
        expires=None,
        discard=True,
        comment=None,
        comment_url=None,
        rest={},
    )
