"""The page: answers, sections and words around the charts."""
