"""Images: what is in one (`content`), and how one is made by a real engine (`engine`, `building`).

The only user of the docker SDK, which is imported late: the embedded cluster never pays for it.
"""
