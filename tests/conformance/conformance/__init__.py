"""What outside tools, an emulator and a second opinion on access say about a cloud assembly."""
