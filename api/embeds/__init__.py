"""Maps for other people's pages: what is sent, who may frame it, the code to paste, and signed tokens for maps not yet public."""
