"""What python-for-android and kivy-ios start: scripts/stage-mobile puts it at the top."""

from demo_app.mobile import main

main()
