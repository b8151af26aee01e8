"""What the Android service runs: scripts/stage-mobile puts it at the top."""

from client_sdk.platforms.android.service import deliver
from demo_app.mobile import open_client

deliver(open_client)
