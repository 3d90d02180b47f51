"""Command that writes all generated pages."""

from tools.docs.pages import ROOT, pages

if __name__ == "__main__":
    for name, text in pages().items():
        (ROOT / name).write_text(text, "utf-8")
