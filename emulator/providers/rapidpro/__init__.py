"""RapidPro and TextIt: the REST API v2."""
