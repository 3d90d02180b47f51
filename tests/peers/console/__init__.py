"""The console in Chromium: walks of a person, and checks of every screen."""
