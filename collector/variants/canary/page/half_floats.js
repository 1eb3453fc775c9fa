// Has WebGL keep what it computes in half floats, as the GPUs of many phones do.
tf.env().set('WEBGL_FORCE_F16_TEXTURES', true);
