"""What incidents put into a local hub: into its process, into its servers, before its proxy, or beside it.

Modules here may import what only a hub or a server has. The incidents beside this folder name them, but do not load
them.
"""
