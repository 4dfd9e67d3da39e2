"""moto, taught the resource types it lacks and the refusals that AWS makes.

Every type of ours is deployed by calling the emulator's own API through boto3, so each parameter passes the service
model: a name, a type, a length or an enumeration that AWS would refuse fails here as well.
"""
