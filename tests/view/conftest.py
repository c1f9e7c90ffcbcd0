from browser import chromium, new_page, screenshot

__all__ = ["chromium", "new_page", "screenshot"]
