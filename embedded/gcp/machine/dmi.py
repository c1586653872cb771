

def read_dmi_data(key):
    """What the firmware says. cloud-init does not ask it in a container."""
    return {"system-product-name": "Google Compute Engine"}.get(key)
