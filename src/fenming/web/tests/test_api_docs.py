"""The reference of the open API."""

from django.test import Client
from django.urls import reverse

from fenming.api.site import operations
from fenming.modules.accounts.models import User
from fenming.modules.conftest import SmallCompany


def test_the_reference_holds_every_operation_and_needs_no_script(small_company: SmallCompany) -> None:
    client = Client()
    client.force_login(User.objects.get(username="KF2"))
    answer = client.get(reverse("api-docs"))
    page = answer.content.decode()
    for _method, address, one in operations():
        assert f'id="{one.operation_id}"' in page
        assert address in page
    assert "'unsafe" not in answer["Content-Security-Policy"]
    assert " style=" not in page
    assert "https://cdn" not in page
