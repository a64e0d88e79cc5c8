"""The portal as a WSGI application, for granian or any other server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

django_application = get_wsgi_application()

from portal.page_cache import in_front_of  # noqa: E402  (it needs Django to be set up)

application = in_front_of(django_application)
