"""Command that writes all generated pages."""

from tools.docs.pages import ROOT, render_pages

if __name__ == "__main__":
    for name, text in render_pages().items():
        (ROOT / name).write_text(text, "utf-8")
