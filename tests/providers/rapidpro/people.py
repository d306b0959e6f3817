"""The people and groups of the reference workspace, by name."""

AMINA, BAKARI, CYNTHIA, DAUDI, ESTHER, NAMELESS = (
    f"a1b2c3d4-0000-4000-8000-00000000000{n}" for n in range(1, 7)
)
MOTHERS, STAFF, PARENTS = (f"7c3b6a10-52f7-4b6c-9a3e-1d2e3f4a5b0{n}" for n in range(1, 4))
NOBODY = "1ec5e2a1-0000-4000-8000-00000000beef"
AMINAS_NUMBER = "tel:+254722000111"
BAKARIS_NUMBER = "tel:+254722000222"
NEW_NUMBER = "tel:+254722111000"

LAKESIDE = {"name": "Lakeside Health", "uuid": "0b8f6a52-6a55-4d0f-9a83-5b1f0c2d7e01"}
MASKED = {
    "name": "Masked Clinic",
    "country": "KE",
    "anon": True,
    "users": [{"email": "mia@masked.example", "role": "administrator", "tokens": ["masked_token"]}],
    "channels": [{"name": "Masked Line", "type": "external", "address": "+254700100900"}],
    "contacts": [
        {
            "uuid": "a1b2c3d4-0000-4000-8000-0000000000a1",
            "name": "Max Masked",
            "urns": ["tel:+254733000111"],
        }
    ],
}
MAX = "a1b2c3d4-0000-4000-8000-0000000000a1"


def names(items):
    """Return the names of objects, in their order."""
    return [item["name"] for item in items]
