"""From a page to its words."""

import re
from collections import Counter
from html.parser import HTMLParser

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


class _Text(HTMLParser):
    """Collects the text that a browser would show."""

    UNSEEN = {"script", "style", "template", "noscript"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.pieces = []
        self._unseen = 0

    def handle_starttag(self, tag, attrs):
        self._unseen += tag in self.UNSEEN
        # Neighbouring cells and paragraphs are not one word.
        self.pieces.append(" ")

    def handle_endtag(self, tag):
        self._unseen = max(0, self._unseen - (tag in self.UNSEEN))
        self.pieces.append(" ")

    def handle_data(self, data):
        if not self._unseen:
            self.pieces.append(data)


def text_of(html):
    parser = _Text()
    parser.feed(html)
    parser.close()
    return "".join(parser.pieces)


def count(page):
    """Pairs of word and count in the page, most frequent first, equals by the alphabet."""
    text = text_of(page.text) if page.html else page.text
    return sorted(Counter(WORD.findall(text.casefold())).items(), key=lambda pair: (-pair[1], pair[0]))
