module embed.example
